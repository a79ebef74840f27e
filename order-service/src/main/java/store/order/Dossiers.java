package store.order;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.order.Lease.Actor;

/**
 * The orders that need attention, as an operator sees and changes them. The audit records each act of an operator with
 * its reason. Each method may throw {@link Orders.NotRecorded} or {@link Orders.RecordingUnknown}.
 */
public interface Dossiers {

    /** The orders that need attention, then those older than {@code overdue} that have not ended; the oldest first. */
    List<Summary> open(Duration overdue, int limit);

    /** Number of orders that need attention. */
    int needingAttention();

    Optional<Dossier> find(OrderId id);

    /**
     * Lets recovery try again, at once: an order that was given up becomes CANCELLING, any other PENDING.
     *
     * @return the new status; empty if the order does not need attention, and then nothing is changed
     */
    Optional<Status> retry(OrderId id, @Nullable String why);

    /**
     * Gives up an order that needs attention: it becomes CANCELLING, leased to the operator. Empty if it does not need
     * attention; then nothing is changed.
     */
    Optional<LeasedOrder> giveUp(OrderId id, String why, Duration lease);

    /**
     * Leases to the operator an order that needs attention and was not given up. Empty if it is not such an order; then
     * nothing is changed.
     */
    Optional<LeasedOrder> take(OrderId id, String why, Duration lease);

    /** Hands back the lease of a {@linkplain #take taken} order and records why it still needs attention. */
    void refuse(LeasedOrder taken, String why);

    /** @param note the last note in its audit */
    record Summary(
            UUID id,
            Status status,
            @Nullable Reason reason,
            Instant createdAt,
            Instant updatedAt,
            int attempts,
            @Nullable String note) {}

    /**
     * The whole record of an order, without its secrets.
     *
     * @param lines null if they cannot be read
     * @param givenUpFor why the order can only end CANCELLED; null if it can end otherwise
     * @param attempts number of times that recovery has taken it up
     * @param openSettlement the settlement that is still open; null if there is none
     * @param history the audit, oldest first
     */
    record Dossier(
            UUID id,
            UUID customerId,
            Status status,
            @Nullable Reason reason,
            @Nullable List<OrderLine> lines,
            Money expectedTotal,
            @Nullable Money total,
            @Nullable Reason givenUpFor,
            int attempts,
            Instant dueAt,
            @Nullable Settlement openSettlement,
            Instant createdAt,
            Instant updatedAt,
            List<Entry> history) {}

    /** One row of the audit. */
    record Entry(
            Instant at,
            String event,
            Status status,
            @Nullable Reason reason,
            Actor actor,
            long leaseToken,
            @Nullable String note) {}
}
