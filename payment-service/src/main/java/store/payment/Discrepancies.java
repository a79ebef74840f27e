package store.payment;

import java.time.Duration;
import java.util.List;

/** The discrepancies that reconciliation found, for an operator and for alarms. */
public interface Discrepancies {

    /**
     * Lists discrepancies, the latest first.
     *
     * @param cleared whether to list cleared ones too
     */
    List<Discrepancy> list(boolean cleared, int limit);

    /** Number of open discrepancies. */
    long open();

    /** Number of open discrepancies about a movement that cannot be read. */
    long unreadable();

    /** Time since a statement was last read to its end; zero if none ever was. */
    Duration sinceStatementEnd();
}
