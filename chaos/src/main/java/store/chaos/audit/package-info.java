/** Judges from outside whether a store kept its promises, and names the orders with which it broke one. */
@NullMarked
package store.chaos.audit;

import org.jspecify.annotations.NullMarked;
