package store.inventory;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports stock that is held for longer than any order should take. It releases nothing: only order-service knows the
 * state of the order.
 */
public final class ReportOverdueHolds {

    private static final Logger log = LoggerFactory.getLogger(ReportOverdueHolds.class);

    private final Reservations reservations;
    private final Duration overdue;

    public ReportOverdueHolds(Reservations reservations, Duration overdue) {
        this.reservations = reservations;
        this.overdue = overdue;
    }

    /** Number of overdue reservations. */
    public int count() {
        return reservations.heldFor(overdue).count();
    }

    /** Logs the overdue reservations, if there are any, and returns their number. */
    public int report() {
        var holds = reservations.heldFor(overdue);
        if (holds.count() > 0) {
            log.warn(
                    "{} reservations are held for longer than {} min; the oldest is of order {}, since {}; they stay"
                            + " held until order-service ends these orders",
                    holds.count(),
                    overdue.toMinutes(),
                    holds.oldest(),
                    holds.since());
        }
        return holds.count();
    }
}
