/** Customers who come when they come, however the store is doing, and what becomes of each. */
@NullMarked
package store.chaos.load;

import org.jspecify.annotations.NullMarked;
