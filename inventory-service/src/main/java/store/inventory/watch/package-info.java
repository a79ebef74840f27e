/** Reports reservations that are held for too long. */
@NullMarked
package store.inventory.watch;

import org.jspecify.annotations.NullMarked;
