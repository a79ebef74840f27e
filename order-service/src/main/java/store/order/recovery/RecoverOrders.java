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

    /** Two batches a second stay below the 50 calls a second that recovery may add to a peer that has just come back. */
    private static final int BATCH = 16;

    /** Half of the connections that requests need too. */
    private static final int CONCURRENT = 5;

    /** A batch in which every call runs into its bound takes four rounds of 0.4 s + 1.5 s. */
    private static final Duration LEASE = Duration.ofSeconds(10);

    private final Orders orders;
    private final FinishOrder finishOrder;

    RecoverOrders(Orders orders, FinishOrder finishOrder) {
        this.orders = orders;
        this.finishOrder = finishOrder;
    }

    void recoverDue() {
        var due = orders.claimDue(BATCH, LEASE);
        try (var workers =
                Executors.newFixedThreadPool(CONCURRENT, Thread.ofVirtual().factory())) {
            due.forEach(leased -> workers.execute(() -> finish(leased)));
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
