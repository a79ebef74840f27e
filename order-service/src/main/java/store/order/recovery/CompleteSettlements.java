package store.order.recovery;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.Inventory;
import store.order.Inventory.SettlementOutcome;
import store.order.OrderId;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.Orders.WriteRefused;
import store.order.Settlements;
import store.order.Settlements.Open;
import store.resilience.BackOff;

/**
 * Commits or releases the reservations of orders whose fate is decided. Whatever happens here never changes an order; what fails is
 * tried again for ever.
 *
 * <p>The first try for an order that its own request has ended is a part of that checkout, and waits for nothing. All others are
 * recovery, and keep its {@link Pace}: after an outage they are many.
 */
final class CompleteSettlements {

    private static final Logger log = LoggerFactory.getLogger(CompleteSettlements.class);

    private static final int BATCH = 50;

    /** Half of inventory's connections: customers wait for the other half. */
    private static final int CONCURRENT = 5;

    /** With the four that finish orders, recovery's half of inventory's connections. */
    private static final int CONCURRENT_LATE = 1;

    /** As many as have their turn and their call, even one that runs into its bound of 0.4 s, well within the lease. */
    private static final int BATCH_LATE = 15;

    /** A batch in which every call runs into its bound takes ten rounds of 0.4 s. */
    private static final Duration LEASE = Duration.ofSeconds(10);

    /** Four ticks: what has waited longer was held up, and comes with everything else that was. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(20);

    /** Then the scheduler has its turn; what is left is due at once. */
    private static final int MAX_BATCHES_PER_TICK = 20;

    private final Settlements settlements;
    private final Inventory inventory;
    private final BackOff backOff;
    private final Pace pace;
    private final Set<Open> taken = ConcurrentHashMap.newKeySet();

    CompleteSettlements(Settlements settlements, Inventory inventory, RandomGenerator random, Pace pace) {
        this.settlements = settlements;
        this.inventory = inventory;
        this.backOff = new BackOff(FIRST_RETRY, LAST_RETRY, random);
        this.pace = pace;
    }

    /** Settles what requests have just left to be done. */
    void settleFresh(BooleanSupplier stopping) {
        settleAll(() -> settlements.claimFresh(BATCH, FRESH, LEASE), BATCH, CONCURRENT, () -> true, stopping);
    }

    /** Settles what is due and was tried before, or held up, or left by recovery. */
    void settleLate(BooleanSupplier stopping) {
        settleAll(
                () -> settlements.claimLate(BATCH_LATE, FRESH, LEASE),
                BATCH_LATE,
                CONCURRENT_LATE,
                pace::awaitTurn,
                stopping);
    }

    /** @param stopping whether what is due is better left to another instance */
    private void settleAll(
            Supplier<List<Open>> claim, int batch, int concurrent, BooleanSupplier turn, BooleanSupplier stopping) {
        for (var batches = 0; batches < MAX_BATCHES_PER_TICK && !stopping.getAsBoolean(); batches++) {
            var due = claim.get();
            taken.addAll(due);
            Queue<OrderId> done = new ConcurrentLinkedQueue<>();
            try (var workers =
                    Executors.newFixedThreadPool(concurrent, Thread.ofVirtual().factory())) {
                due.forEach(open -> workers.execute(() -> {
                    if (turn.getAsBoolean()) {
                        if (settle(open)) {
                            done.add(open.order());
                        }
                        // One that is interrupted, because the process stops, may be neither settled nor postponed.
                        if (!Thread.currentThread().isInterrupted()) {
                            taken.remove(open);
                        }
                    }
                }));
            }
            if (!done.isEmpty()) {
                settlements.done(done);
            }
            if (due.size() < batch) {
                return;
            }
        }
    }

    /** Hands back what this instance has taken and not tried, because it stops. */
    void handBack() {
        if (!taken.isEmpty()) {
            try {
                settlements.handBack(List.copyOf(taken));
            } catch (NotRecorded | RecordingUnknown | WriteRefused e) {
                log.warn("{}; {} settlements are due again when their lease has run out", e.getMessage(), taken.size());
            }
        }
    }

    private boolean settle(Open open) {
        try {
            return settled(open);
        } catch (NotRecorded | RecordingUnknown | WriteRefused e) {
            log.warn("order {}: {}; it is taken up again when the lease has run out", open.order(), e.getMessage());
            return false;
        } catch (RuntimeException e) {
            log.error(
                    "order {}: {} failed; it is taken up again when the lease has run out",
                    open.order(),
                    open.settlement(),
                    e);
            return false;
        }
    }

    private boolean settled(Open open) {
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
        settlements.postpone(open.order(), backOff.after(open.attempts()));
        return false;
    }
}
