package store.order;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * The open settlements. Each is written in the transaction that ends its order, and deleted when it is done. Each
 * method may throw {@link Orders.NotRecorded} or {@link Orders.RecordingUnknown}.
 */
public interface Settlements {

    /**
     * Claims the first tries for orders that their own request has ended, not longer than {@code fresh} ago; the
     * longest due first. No other worker gets them for {@code lease}.
     */
    List<Open> claimFresh(int limit, Duration fresh, Duration lease);

    /**
     * Claims all other settlements that are due: tried before, left by recovery, or held up for {@code fresh} and
     * longer.
     */
    List<Open> claimLate(int limit, Duration fresh, Duration lease);

    /** Number of settlements that are still open after more than one try. */
    int retried();

    void done(Collection<OrderId> orders);

    /**
     * Hands back settlements that were claimed and not tried: they are due at once, unless another worker has claimed
     * them since.
     */
    void handBack(Collection<Open> taken);

    /** Makes a settlement that is not done due again after {@code delay}. */
    void postpone(OrderId order, Duration delay);

    /**
     * One open settlement.
     *
     * @param attempts number of earlier claims
     */
    record Open(OrderId order, Settlement settlement, int attempts) {}
}
