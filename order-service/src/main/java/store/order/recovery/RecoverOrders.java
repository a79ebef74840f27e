package store.order.recovery;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.FinishOrder;
import store.order.LeasedOrder;
import store.order.Orders;

/** Takes up the orders that nobody works on: their request died, lost its lease, or left an outcome unknown. */
final class RecoverOrders {

    private static final Logger log = LoggerFactory.getLogger(RecoverOrders.class);

    /** With the two that settle what is late, half of the ten connections that a peer has to its database. */
    private static final int CONCURRENT = 3;

    /** As many as end within their lease if every call runs into its bound: three rounds of 0.4 s + 1.5 s, and the writes. */
    private static final int BATCH = 3 * CONCURRENT;

    private static final Duration LEASE = Duration.ofSeconds(10);

    /** Then the scheduler has its turn; what is left is due at once. */
    private static final int MAX_BATCHES_PER_TICK = 20;

    private final Orders orders;
    private final FinishOrder finishOrder;
    private final Pace pace;

    RecoverOrders(Orders orders, FinishOrder finishOrder, Pace pace) {
        this.orders = orders;
        this.finishOrder = finishOrder;
        this.pace = pace;
    }

    /** @param stopping whether what is due is better left to another instance */
    void recoverDue(BooleanSupplier stopping) {
        for (var batches = 0; batches < MAX_BATCHES_PER_TICK && !stopping.getAsBoolean(); batches++) {
            var due = orders.claimDue(BATCH, LEASE);
            try (var workers =
                    Executors.newFixedThreadPool(CONCURRENT, Thread.ofVirtual().factory())) {
                due.forEach(leased -> workers.execute(() -> finish(leased)));
            }
            if (due.size() < BATCH) {
                return;
            }
        }
    }

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
