/** The peers over the network: inventory-service and payment-service. */
@NullMarked
package store.order.http;

import org.jspecify.annotations.NullMarked;
