package store.order;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * What remains to be done at inventory: written with the order's end, in the same transaction, and gone when done. Each method
 * may throw {@link Orders.NotRecorded} or {@link Orders.RecordingUnknown}.
 */
public interface Settlements {

    /**
     * Takes first tries for orders that their own request has ended, not longer than {@code fresh} ago; the longest due first. Nobody
     * else gets them for {@code lease}.
     */
    List<Open> claimFresh(int limit, Duration fresh, Duration lease);

    /** Takes all others that are due: tried before, left by recovery, or held up for {@code fresh} and longer. */
    List<Open> claimLate(int limit, Duration fresh, Duration lease);

    /** How many are still open after more than one try. */
    int retried();

    void done(Collection<OrderId> orders);

    /** Gives settlements back that were taken and not tried: due again at once, unless somebody else has taken them meanwhile. */
    void handBack(Collection<Open> taken);

    /** Not done: due again after {@code delay}. */
    void postpone(OrderId order, Duration delay);

    /**
     * One open settlement.
     *
     * @param attempts how often it has been taken up before
     */
    record Open(OrderId order, Settlement settlement, int attempts) {}
}
