/** The checkout: placing an order, finishing it, giving it up, and what it needs of others to do so. */
@NullMarked
package store.order;

import org.jspecify.annotations.NullMarked;
