package store.payment;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.payment.Discrepancy.Finding;

/**
 * The double-entry record of every movement of money; append-only. A payment's movements are booked when its outcome is
 * recorded.
 */
public interface Ledger {

    /** Where to go on reading this acquirer's statement; null at its beginning. */
    @Nullable
    String cursor(String acquirer);

    /**
     * Books those movements of a statement that are not booked yet, and counts them; notes which movements the
     * statement has shown; records the findings; moves the cursor. All of this happens, or nothing.
     */
    Comparison reconcile(String acquirer, List<Movement> statement, List<Finding> found, @Nullable String cursor);

    /** Compares the postings of these orders with their payments. */
    Comparison compare(String acquirer, Set<UUID> orders);

    /**
     * Compares the next part of the ledger with the movements that the statement has shown, and the next part of the
     * payments with the ledger. Each part is bounded; after the last one the comparison begins again. Some open
     * discrepancies are compared again, too.
     *
     * @param shownUpTo the statement has shown every movement until this time of the acquirer's clock
     */
    Comparison sweep(String acquirer, Instant shownUpTo);

    /**
     * The result of a comparison.
     *
     * @param booked ids of the movements that only the statement had
     * @param discrepancies new ones and newly cleared ones
     */
    record Comparison(List<String> booked, List<Discrepancy> discrepancies) {}
}
