package store.order.recovery;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.FinishOrder;
import store.order.HeldLeases;
import store.order.LeasedOrder;
import store.order.Orders;

/** Takes up the orders that have no holder: their request died, lost its lease, or left an outcome unknown. */
final class RecoverOrders {

    private static final Logger log = LoggerFactory.getLogger(RecoverOrders.class);

    /** With the one worker of late settlements, half of the ten connections that a peer has to its database. */
    private static final int CONCURRENT = 4;

    private static final Duration LEASE = Duration.ofSeconds(10);

    /** Then the scheduler has its turn; the rest is due at once. */
    private static final int MAX_PER_TICK = 200;

    private final Orders orders;
    private final FinishOrder finishOrder;
    private final HeldLeases leases;
    private final Pace pace;

    RecoverOrders(Orders orders, FinishOrder finishOrder, HeldLeases leases, Pace pace) {
        this.orders = orders;
        this.finishOrder = finishOrder;
        this.leases = leases;
        this.pace = pace;
    }

    /**
     * Takes up an order as soon as a worker is free, so that an order with a slow card holds up no other.
     *
     * @param stopping whether this instance is stopping, and leaves due work to others
     */
    void recoverDue(BooleanSupplier stopping) {
        var free = new Semaphore(CONCURRENT);
        try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var claimed = 0; claimed < MAX_PER_TICK && !stopping.getAsBoolean(); ) {
                free.acquireUninterruptibly(); // each worker's time is bounded
                if (stopping.getAsBoolean()) {
                    return;
                }
                var wanted = 1 + free.drainPermits();
                var due = orders.claimDue(wanted, LEASE);
                due.forEach(leases::hold);
                due.forEach(leased -> workers.execute(() -> {
                    try {
                        finish(leased);
                    } finally {
                        free.release();
                    }
                }));
                if (due.size() < wanted) {
                    return;
                }
                claimed += wanted;
            }
        }
    }

    /** If this instance stops before an order's turn, it still holds the lease and hands it back. */
    private void finish(LeasedOrder leased) {
        try {
            if (pace.awaitTurn()) {
                finishOrder.finish(leased);
            }
        } catch (RuntimeException e) {
            log.error(
                    "order {} could not be recovered; it is taken up again when the lease has run out",
                    leased.order().id(),
                    e);
        }
    }
}
