/** The checkout: placing an order, finishing it, giving it up, and the ports for that. */
@NullMarked
package store.order;

import org.jspecify.annotations.NullMarked;
