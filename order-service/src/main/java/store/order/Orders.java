package store.order;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The orders on record: the log of every checkout.
 *
 * <p>Every change is conditional on the lease's fencing token and on the status it leaves, and appends to the order's audit in the same
 * transaction. Leases and due times are written and compared by the database's clock. Each method may throw {@link NotRecorded},
 * {@link RecordingUnknown} or {@link WriteRefused}.
 */
public interface Orders {

    /**
     * Records a new order, leased to the placing request. From here on it is acknowledged.
     *
     * @return empty if the customer has used the key before
     */
    Optional<LeasedOrder> insert(NewOrder order, Duration lease);

    Optional<KeyedOrder> findByKey(CustomerId customer, IdempotencyKey key);

    Optional<Order> find(OrderId id);

    Optional<Order> find(CustomerId customer, OrderId id);

    /**
     * A customer's orders, newest first.
     *
     * @param after the last order of the page before; null for the first page
     */
    List<Order> list(CustomerId customer, @Nullable OrderId after, int limit);

    /**
     * Leases to recovery the orders that are due and that nobody works on, the longest due first. One whose row cannot be read is set
     * aside instead: it would be in the way of the others for ever. One whose card is under a key that only other instances have is left
     * to them.
     */
    List<LeasedOrder> claimDue(int limit, Duration lease);

    /**
     * Gives an order up on its customer's word, for good, under a fresh token that fences off whoever works on it. PENDING becomes
     * CANCELLING, leased to the customer; one that needs attention still does, and whatever comes of it ends it CANCELLED.
     *
     * @return empty if the order is neither, or was given up before
     */
    Optional<LeasedOrder> cancel(CustomerId customer, OrderId id, Duration lease);

    /**
     * Makes {@code next} so and keeps the lease.
     *
     * @return false, and nothing changed, if the lease was lost or the order has moved on
     */
    boolean advance(LeasedOrder from, Order next);

    /** As {@link #advance}, and gives the lease back; recovery may take the order up after {@code delay}. */
    boolean park(LeasedOrder from, Order next, Duration delay);

    /** As {@link #advance}, gives the lease back and says why; only an operator takes the order up again. */
    boolean setAside(LeasedOrder from, Order next, String why);

    /** As {@link #advance}, for the order's end: ends the lease, and leaves {@code settlement} to be done. */
    boolean conclude(LeasedOrder from, Order next, @Nullable Settlement settlement);

    /** Appends to the audit that a write of {@code next} was turned away. */
    void noteFencedOff(LeasedOrder from, Order next);

    /** Gives leases back unused: recovery may take these orders up at once. A lease that was lost meanwhile stays lost. */
    void handBack(Collection<LeasedOrder> held);

    /**
     * Runs what follows a request's first write. From then on a lost connection no longer means that nothing was done: the first write
     * has left something on record, or has shown that it is there.
     *
     * @throws RecordingUnknown in place of {@link NotRecorded} and {@link WriteRefused}
     */
    static <T> T afterFirstWrite(Supplier<T> work) {
        try {
            return work.get();
        } catch (NotRecorded | WriteRefused e) {
            throw new RecordingUnknown(e);
        }
    }

    /** The database certainly did not take the write: no connection was opened. */
    final class NotRecorded extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public NotRecorded(Throwable cause) {
            super("the order database cannot be reached", cause);
        }
    }

    /**
     * The database refuses what the write says: a constraint or a trigger stands against it. Nothing was written, and trying again
     * changes nothing. This is a defect of this program, not an outage.
     */
    final class WriteRefused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        /** @param what stands against the write, without the row's content */
        public WriteRefused(String what, Throwable cause) {
            super("the order database refuses the write: " + what, cause);
        }
    }

    /** Whether the database took the write is not known, and an absent row proves nothing: it may still land. */
    final class RecordingUnknown extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public RecordingUnknown(Throwable cause) {
            super("the order database did not confirm", cause);
        }
    }
}
