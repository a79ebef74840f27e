/** Orders, their audit and their open settlements in PostgreSQL. */
@NullMarked
package store.order.jdbc;

import org.jspecify.annotations.NullMarked;
