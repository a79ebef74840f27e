package store.payment;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The double-entry record of every movement of money; append-only. Payments book into it as they are settled. */
public interface Ledger {

    /** Where reconciling with this acquirer's statement goes on; null at the beginning. */
    @Nullable
    String cursor(String acquirer);

    /**
     * Books those movements of a statement that are not booked yet, counts them, and moves the cursor, all or nothing.
     *
     * @return the ids of the movements that only the statement knew
     */
    List<String> reconcile(String acquirer, List<Movement> statement, @Nullable String cursor);
}
