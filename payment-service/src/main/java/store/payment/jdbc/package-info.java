/** Payments and the ledger in PostgreSQL, schema {@code payments}. */
@NullMarked
package store.payment.jdbc;

import org.jspecify.annotations.NullMarked;
