/** The public API of orders, and the operator's. */
@NullMarked
package store.order.web;

import org.jspecify.annotations.NullMarked;
