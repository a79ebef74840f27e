/** The public API: the catalogue. */
@NullMarked
package store.inventory.web;

import org.jspecify.annotations.NullMarked;
