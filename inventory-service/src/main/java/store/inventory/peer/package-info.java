/** The internal API to other services: reservations. */
@NullMarked
package store.inventory.peer;

import org.jspecify.annotations.NullMarked;
