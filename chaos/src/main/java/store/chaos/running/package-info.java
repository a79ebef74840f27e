/** A store that {@code deploy/local/up} has started, as its {@code status} describes it. */
@NullMarked
package store.chaos.running;

import org.jspecify.annotations.NullMarked;
