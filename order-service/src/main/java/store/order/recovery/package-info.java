/** Finishes the work that a crash, an outage or an unknown outcome left open. */
@NullMarked
package store.order.recovery;

import org.jspecify.annotations.NullMarked;
