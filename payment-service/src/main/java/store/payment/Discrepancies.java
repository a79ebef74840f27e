package store.payment;

import java.time.Duration;
import java.util.List;

/** What reconciliation could not explain, for an operator and for alarms. */
public interface Discrepancies {

    /**
     * The latest first.
     *
     * @param cleared whether those that were cleared are listed too
     */
    List<Discrepancy> list(boolean cleared, int limit);

    /** How many are open. */
    long open();

    /** How many open ones are movements that cannot be read. */
    long unreadable();

    /** How long ago a statement was last read to its end; zero if none ever was. */
    Duration sinceStatementEnd();
}
