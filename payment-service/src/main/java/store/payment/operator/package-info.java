/** The operator's API: what reconciliation could not explain. */
@NullMarked
package store.payment.operator;

import org.jspecify.annotations.NullMarked;
