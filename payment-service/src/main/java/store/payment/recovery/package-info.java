/** Finding out what a crash, an outage or a lost answer left open, again and again. */
@NullMarked
package store.payment.recovery;

import org.jspecify.annotations.NullMarked;
