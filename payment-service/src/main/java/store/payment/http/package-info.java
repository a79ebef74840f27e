/** The acquirer over the network. */
@NullMarked
package store.payment.http;

import org.jspecify.annotations.NullMarked;
