package store.order.recovery;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Spaces recovery's work out evenly, so that a peer that has just come back is not flooded. An order that is taken up, or a settlement, takes one turn; an order that is given up may call a peer twice in its turn. Orders and settlements share one pace, so no peer gets more calls a second than it allows.
 */
final class Pace {

    private final long stepNanos;
    private final LongSupplier nanoTime;
    private long nextNanos;

    /** @param callsPerSecond at least 1, at each dependency */
    Pace(int callsPerSecond, LongSupplier nanoTime) {
        if (callsPerSecond < 1) {
            throw new IllegalArgumentException("recovery needs at least one call a second, not " + callsPerSecond);
        }
        this.stepNanos = TimeUnit.SECONDS.toNanos(1) / callsPerSecond;
        this.nanoTime = nanoTime;
        this.nextNanos = nanoTime.getAsLong();
    }

    /** Takes the next turn and returns the wait until then. */
    synchronized long nanosToNextTurn() {
        var now = nanoTime.getAsLong();
        var wait = Math.max(0, nextNanos - now);
        nextNanos = now + wait + stepNanos;
        return wait;
    }

    /** @return false if this thread was interrupted; then the turn must not be used */
    boolean awaitTurn() {
        try {
            TimeUnit.NANOSECONDS.sleep(nanosToNextTurn());
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
