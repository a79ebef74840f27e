package store.order;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import store.resilience.DatabaseTime;

/**
 * The orders on record: the log of every checkout.
 *
 * <p>Every change is conditional on the lease's fencing token and on the status it leaves, and appends to the order's
 * audit in the same transaction. The database's clock writes and compares leases and due times. Each method may throw
 * {@link NotRecorded}, {@link RecordingUnknown} or {@link WriteRefused}.
 */
public interface Orders {

    /**
     * Records a new order, leased to the placing request. From here on the order is acknowledged.
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
     * Leases to recovery the orders that are due and have no holder, the longest due first. An order whose row cannot
     * be read is set aside instead: it would hold up the others for ever. An order whose card is under a key that only
     * other instances have is left to them.
     */
    List<LeasedOrder> claimDue(int limit, Duration lease);

    /**
     * Gives an order up for its customer, for good. A fresh token fences off the order's holder. A PENDING order
     * becomes CANCELLING, leased to the customer; an order that needs attention still does, and can only end CANCELLED.
     *
     * @return empty if the order is neither, or was given up before
     */
    Optional<LeasedOrder> cancel(CustomerId customer, OrderId id, Duration lease);

    /**
     * Records {@code next} and keeps the lease.
     *
     * @return false if the lease was lost or the order has moved on; then nothing is changed
     */
    boolean advance(LeasedOrder from, Order next);

    /** As {@link #advance}, and gives the lease back; recovery may take the order up after {@code delay}. */
    boolean park(LeasedOrder from, Order next, Duration delay);

    /** As {@link #advance}, gives the lease back and records why; only an operator takes the order up again. */
    boolean setAside(LeasedOrder from, Order next, String why);

    /** As {@link #advance}, for the order's end: ends the lease, and records {@code settlement} as open. */
    boolean conclude(LeasedOrder from, Order next, @Nullable Settlement settlement);

    /** Appends to the audit that a write of {@code next} was turned away. */
    void noteFencedOff(LeasedOrder from, Order next);

    /** Hands leases back: recovery may take these orders up at once. A lease that was lost meanwhile stays lost. */
    void handBack(Collection<LeasedOrder> held);

    /**
     * Runs the work after a request's first write. From then on a lost connection does not mean that nothing was done:
     * the first write has recorded something, or has found it recorded.
     *
     * @throws RecordingUnknown in place of {@link NotRecorded} and {@link WriteRefused}
     */
    static <T> T afterFirstWrite(Supplier<T> work) {
        try {
            return work.get();
        } catch (NotRecorded | WriteRefused | DatabaseTime.Untold e) {
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
     * A constraint or a trigger of the database refuses the write. Nothing was written, and a repeat changes nothing.
     * This is a defect of this program, not an outage.
     */
    final class WriteRefused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        /** @param what the database's refusal, without the row's content */
        public WriteRefused(String what, Throwable cause) {
            super("the order database refuses the write: " + what, cause);
        }
    }

    /** It is not known whether the database took the write. An absent row proves nothing: the write may still come. */
    final class RecordingUnknown extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public RecordingUnknown(Throwable cause) {
            super("the order database did not confirm", cause);
        }
    }
}
