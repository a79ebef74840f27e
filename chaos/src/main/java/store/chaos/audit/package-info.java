/** Decides from the outside whether a store kept its promises, and names the orders with which it did not. */
@NullMarked
package store.chaos.audit;

import org.jspecify.annotations.NullMarked;
