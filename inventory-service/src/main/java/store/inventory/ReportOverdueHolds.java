package store.inventory;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports stock that is held for longer than any order should take. Nothing is released for it: only order-service knows what has
 * become of the order.
 */
public final class ReportOverdueHolds {

    private static final Logger log = LoggerFactory.getLogger(ReportOverdueHolds.class);

    private final Reservations reservations;
    private final Duration overdue;

    public ReportOverdueHolds(Reservations reservations, Duration overdue) {
        this.reservations = reservations;
        this.overdue = overdue;
    }

    /** How many reservations are overdue. */
    public int count() {
        return reservations.heldFor(overdue).count();
    }

    /** Logs the overdue reservations, if there are any. Returns how many. */
    public int report() {
        var holds = reservations.heldFor(overdue);
        if (holds.count() > 0) {
            log.warn(
                    "{} reservations are held for longer than {} min, the oldest, of order {}, since {}; they stay"
                            + " held until order-service ends those orders",
                    holds.count(),
                    overdue.toMinutes(),
                    holds.oldest(),
                    holds.since());
        }
        return holds.count();
    }
}
