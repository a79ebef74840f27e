/** What the store sells, how much of it there is, and what is reserved for whom. */
@NullMarked
package store.inventory;

import org.jspecify.annotations.NullMarked;
