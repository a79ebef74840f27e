/** The public API: orders. */
@NullMarked
package store.order.web;

import org.jspecify.annotations.NullMarked;
