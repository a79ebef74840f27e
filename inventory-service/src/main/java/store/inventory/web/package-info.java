/** HTTP: the catalogue for everybody, reservations for other services. */
@NullMarked
package store.inventory.web;

import org.jspecify.annotations.NullMarked;
