/** The peers over the network: inventory-service and payment-service. */
@NullMarked
package store.order.peers;

import org.jspecify.annotations.NullMarked;
