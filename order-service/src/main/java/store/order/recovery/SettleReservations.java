package store.order.recovery;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.Inventory;
import store.order.Inventory.SettlementOutcome;
import store.order.OrderId;
import store.order.Settlements;
import store.order.Settlements.Open;

/**
 * Commits or releases the reservations of orders whose fate is decided. Whatever happens here never changes an order; what fails is
 * tried again for ever.
 */
final class SettleReservations {

    private static final Logger log = LoggerFactory.getLogger(SettleReservations.class);

    private static final int BATCH = 50;

    /** Half of inventory's connections: customers wait for the other half. */
    private static final int CONCURRENT = 5;

    /** A batch in which every call runs into its bound takes ten rounds of 0.4 s. */
    private static final Duration LEASE = Duration.ofSeconds(10);

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(20);
    private static final int MAX_BATCHES_PER_TICK = 20;

    private final Settlements settlements;
    private final Inventory inventory;
    private final RandomGenerator random;

    SettleReservations(Settlements settlements, Inventory inventory, RandomGenerator random) {
        this.settlements = settlements;
        this.inventory = inventory;
        this.random = random;
    }

    void settleDue() {
        for (var batches = 0; batches < MAX_BATCHES_PER_TICK; batches++) {
            var due = settlements.claimDue(BATCH, LEASE);
            Queue<OrderId> done = new ConcurrentLinkedQueue<>();
            try (var workers =
                    Executors.newFixedThreadPool(CONCURRENT, Thread.ofVirtual().factory())) {
                due.forEach(open -> workers.execute(() -> {
                    if (settle(open)) {
                        done.add(open.order());
                    }
                }));
            }
            if (!done.isEmpty()) {
                settlements.done(done);
            }
            if (due.size() < BATCH) {
                return;
            }
        }
    }

    private boolean settle(Open open) {
        var outcome = switch (open.settlement()) {
            case COMMIT -> inventory.commit(open.order());
            case RELEASE -> inventory.release(open.order());
        };
        return switch (outcome) {
            case SettlementOutcome.Settled _ -> true;
            case SettlementOutcome.Unknown(var why) -> {
                log.warn("order {}: {} is open, {}; it is tried again", open.order(), open.settlement(), why);
                yield postpone(open);
            }
            case SettlementOutcome.Contradiction(var why) -> {
                log.error("order {}: {} is refused, {}; it is tried again", open.order(), open.settlement(), why);
                yield postpone(open);
            }
        };
    }

    private boolean postpone(Open open) {
        var longest = Math.min(LAST_RETRY.toMillis(), FIRST_RETRY.toMillis() << Math.min(open.attempts(), 10));
        settlements.postpone(open.order(), Duration.ofMillis(random.nextLong(longest / 2, longest + 1)));
        return false;
    }
}
