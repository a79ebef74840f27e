/** The acquirer over the network. */
@NullMarked
package store.payment.acquirer;

import org.jspecify.annotations.NullMarked;
