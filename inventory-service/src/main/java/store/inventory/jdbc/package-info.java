/** Catalogue, stock and reservations in PostgreSQL. */
@NullMarked
package store.inventory.jdbc;

import org.jspecify.annotations.NullMarked;
