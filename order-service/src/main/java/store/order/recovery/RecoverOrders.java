package store.order.recovery;

import java.time.Duration;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.FinishOrder;
import store.order.LeasedOrder;
import store.order.Orders;

/** Takes up the orders that nobody works on: their request died, lost its lease, or left an outcome unknown. */
final class RecoverOrders {

    private static final Logger log = LoggerFactory.getLogger(RecoverOrders.class);

    /** All of a batch run at once, so that a batch takes as long as one order: at most 0.4 s + 1.5 s of peers, far below the lease. */
    private static final int BATCH = 16;

    private static final Duration LEASE = Duration.ofSeconds(10);

    /** Ends a tick in time for others to take over the recurring task; the next tick carries on. */
    private static final int MAX_BATCHES_PER_TICK = 20;

    private final Orders orders;
    private final FinishOrder finishOrder;

    RecoverOrders(Orders orders, FinishOrder finishOrder) {
        this.orders = orders;
        this.finishOrder = finishOrder;
    }

    void recoverDue() {
        for (var batches = 0; batches < MAX_BATCHES_PER_TICK; batches++) {
            var due = orders.claimDue(BATCH, LEASE);
            try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
                due.forEach(leased -> workers.execute(() -> finish(leased)));
            }
            if (due.size() < BATCH) {
                return;
            }
        }
    }

    private void finish(LeasedOrder leased) {
        try {
            finishOrder.finish(leased);
        } catch (RuntimeException e) {
            log.error(
                    "order {} could not be recovered; it is taken up again when the lease has run out",
                    leased.order().id(),
                    e);
        }
    }
}
