package store.order;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.order.Lease.Actor;

/**
 * The orders that need attention, as an operator sees and moves them. What an operator does is in the audit, with the reason given.
 * Each method may throw {@link Orders.NotRecorded} or {@link Orders.RecordingUnknown}.
 */
public interface Dossiers {

    /** The orders that need attention, then those that have no end though they are older than {@code overdue}; the oldest first. */
    List<Summary> open(Duration overdue, int limit);

    /** How many orders need attention. */
    int needingAttention();

    Optional<Dossier> find(OrderId id);

    /**
     * Lets recovery try again, at once: an order that was given up becomes CANCELLING, any other PENDING.
     *
     * @return the status; empty, and nothing changed, if the order does not need attention
     */
    Optional<Status> retry(OrderId id, @Nullable String why);

    /**
     * Gives an order up that needs attention: CANCELLING, leased to the operator. Empty, and nothing changed, if it needs none.
     */
    Optional<LeasedOrder> giveUp(OrderId id, String why, Duration lease);

    /**
     * Leases an order that needs attention, and has not been given up, to the operator. Empty, and nothing changed, if it is not so.
     */
    Optional<LeasedOrder> take(OrderId id, String why, Duration lease);

    /** Hands a {@linkplain #take taken} order's lease back and records why it still needs attention. */
    void refuse(LeasedOrder taken, String why);

    /** @param note what was last noted about it */
    record Summary(
            UUID id,
            Status status,
            @Nullable Reason reason,
            Instant createdAt,
            Instant updatedAt,
            int attempts,
            @Nullable String note) {}

    /**
     * Everything that is on record of an order but its secrets.
     *
     * @param lines null if the row is broken there
     * @param givenUpFor why the order can only end CANCELLED; null if it can end otherwise
     * @param attempts how often recovery has taken it up
     * @param openSettlement what remains to be done at inventory; null if nothing does
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
