/** Looks after what waits longer than it should. */
@NullMarked
package store.inventory.watch;

import org.jspecify.annotations.NullMarked;
