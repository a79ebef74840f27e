package store.order;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The right to work on an order, for a while. Its token is a fencing token: it grows with every lease of the order, and a write under
 * an older one changes nothing, so a holder that was paused beyond its lease cannot do harm.
 *
 * <p>After Martin Kleppmann, "How to do distributed locking" (2016).
 *
 * @param takenAt when, by the database's clock
 * @param takenAtNanos when, by {@link System#nanoTime}
 */
public record Lease(long token, Actor actor, Instant takenAt, long takenAtNanos) {

    /** Who may hold a lease. */
    public enum Actor {
        /** The request that places the order. */
        REQUEST,
        /** A customer who cancels. */
        CUSTOMER,
        RECOVERY,
        /** A person who looks after orders that need attention. */
        OPERATOR
    }

    /** The database's time, in milliseconds: this machine's own clock may be minutes away from another instance's. */
    Instant now() {
        return takenAt.plusNanos(System.nanoTime() - takenAtNanos).truncatedTo(ChronoUnit.MILLIS);
    }

    boolean isOlderThan(Duration age, Instant created) {
        return created.plus(age).isBefore(now());
    }
}
