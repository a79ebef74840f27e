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
 * Commits or releases the reservations of decided orders. It never changes an order; a settlement that fails is tried
 * again for ever.
 *
 * <p>The first try for an order that its own request has ended is part of that checkout and does not wait. All other
 * tries are recovery and keep its {@link Pace}: after an outage there are many.
 */
final class CompleteSettlements {

    private static final Logger log = LoggerFactory.getLogger(CompleteSettlements.class);

    private static final int BATCH = 50;

    /** For a moment these five and recovery's own five can take all ten connections of inventory. */
    private static final int CONCURRENT = 5;

    /** With the four workers that finish orders, this is recovery's half of inventory's connections. */
    private static final int CONCURRENT_LATE = 1;

    /** So few that each gets its turn and its call, of 0.4 s at most, well within the lease. */
    private static final int BATCH_LATE = 15;

    /** A batch in which every call runs into its bound takes ten rounds of 0.4 s. */
    private static final Duration LEASE = Duration.ofSeconds(10);

    /** Four ticks: a settlement that has waited longer was held up, and counts as late. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(20);

    /** Then the scheduler has its turn; the rest is due at once. */
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

    /** Completes the settlements that requests have just left. */
    void settleFresh(BooleanSupplier stopping) {
        settleAll(() -> settlements.claimFresh(BATCH, FRESH, LEASE), BATCH, CONCURRENT, () -> true, stopping);
    }

    /** Completes the due settlements that were tried before, held up, or left by recovery. */
    void settleLate(BooleanSupplier stopping) {
        settleAll(
                () -> settlements.claimLate(BATCH_LATE, FRESH, LEASE),
                BATCH_LATE,
                CONCURRENT_LATE,
                pace::awaitTurn,
                stopping);
    }

    /** @param stopping whether this instance is stopping, and leaves due work to others */
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
                        // If the process stops, an interrupted one may be neither done nor postponed.
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

    /** Hands back the settlements that this stopping instance has claimed and not tried. */
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
