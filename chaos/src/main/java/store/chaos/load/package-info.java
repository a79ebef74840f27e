/** Customers who come at times that do not depend on the store, and what becomes of each. */
@NullMarked
package store.chaos.load;

import org.jspecify.annotations.NullMarked;
