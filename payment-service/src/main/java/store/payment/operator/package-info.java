/** The operator's API: the discrepancies that reconciliation found. */
@NullMarked
package store.payment.operator;

import org.jspecify.annotations.NullMarked;
