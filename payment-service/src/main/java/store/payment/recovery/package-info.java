/** Recurring work: it finds out what a crash, an outage or a lost answer left open. */
@NullMarked
package store.payment.recovery;

import org.jspecify.annotations.NullMarked;
