package store.order;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** What remains to be done at inventory: written with the order's end, in the same transaction, and gone when done. */
public interface Settlements {

    /**
     * Takes settlements that are due, the longest due first; nobody else gets them for {@code lease}.
     */
    List<Open> claimDue(int limit, Duration lease);

    void done(Collection<OrderId> orders);

    /** Not done: due again after {@code delay}. */
    void postpone(OrderId order, Duration delay);

    /**
     * One open settlement.
     *
     * @param attempts how often it has been taken up before
     */
    record Open(OrderId order, Settlement settlement, int attempts) {}
}
