package store.payment;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.payment.Discrepancy.Finding;

/** The double-entry record of every movement of money; append-only. A payment books into it when its outcome is recorded. */
public interface Ledger {

    /** Where reconciling with this acquirer's statement goes on; null at the beginning. */
    @Nullable
    String cursor(String acquirer);

    /**
     * Books those movements of a statement that are not booked yet, counts them, remembers what the statement has shown, records
     * what was found in it, and moves the cursor, all or nothing.
     */
    Comparison reconcile(String acquirer, List<Movement> statement, List<Finding> found, @Nullable String cursor);

    /** Compares the postings of these orders with their payments. */
    Comparison compare(String acquirer, Set<UUID> orders);

    /**
     * Goes on comparing the ledger with what the statement has shown, and the payments with the ledger, a bounded part at a time and
     * from the beginning again after the end. Looks again at what is open.
     *
     * @param shownUpTo the statement has been read to its end; what happened until then, by the acquirer's clock, it has shown
     */
    Comparison sweep(String acquirer, Instant shownUpTo);

    /**
     * What a comparison changed.
     *
     * @param booked the ids of the movements that only the statement knew
     * @param discrepancies those that are new, and those that are cleared now
     */
    record Comparison(List<String> booked, List<Discrepancy> discrepancies) {}
}
