package store.order;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.SettlementOutcome;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.Orders.WriteRefused;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;
import store.resilience.BackOff;
import store.resilience.DatabaseTime;
import store.resilience.RecentKeys;

/**
 * Finishes an order, or stops where an outcome is unknown. The holder of the order's lease runs this program from the
 * top, as often as needed; every step is idempotent at its owner.
 */
public final class FinishOrder {

    private static final Logger log = LoggerFactory.getLogger(FinishOrder.class);

    /**
     * Payment's own resolver asks the acquirer again within about a second, so asking much sooner finds nothing new.
     */
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);

    private static final Duration LAST_RETRY = Duration.ofSeconds(20);

    private final Orders orders;
    private final Inventory inventory;
    private final Payments payments;
    private final TerminalAnswers answers;
    private final HeldLeases leases;

    /** Orders for which the database has refused a write of this process; few, unless there is a defect. */
    private final RecentKeys<OrderId> refusedBefore = new RecentKeys<>(1000);

    private final Duration patience;
    private final InstantSource time;
    private final BackOff backOff;

    /**
     * @param patience the age at which a pending order is given up
     * @param time the clock that all instances of the service share
     */
    public FinishOrder(
            Orders orders,
            Inventory inventory,
            Payments payments,
            TerminalAnswers answers,
            HeldLeases leases,
            Duration patience,
            InstantSource time,
            RandomGenerator random) {
        this.orders = orders;
        this.inventory = inventory;
        this.payments = payments;
        this.answers = answers;
        this.leases = leases;
        this.patience = patience;
        this.time = time;
        this.backOff = new BackOff(FIRST_RETRY, LAST_RETRY, random);
    }

    /** Returns the order as it then stands, as far as this process knows. */
    public Order finish(LeasedOrder leased) {
        leases.hold(leased);
        try {
            return run(leased);
        } finally {
            // If the process stops, an interrupted run may not have recorded its progress.
            if (!Thread.currentThread().isInterrupted()) {
                leases.forget(leased);
            }
        }
    }

    private Order run(LeasedOrder leased) {
        try {
            return switch (leased.order().status()) {
                case PENDING -> {
                    if (leased.order().isOlderThan(patience, now())) {
                        yield giveUp(leased, Reason.PATIENCE);
                    }
                    yield checkOut(leased);
                }
                case CANCELLING -> compensate(leased);
                case CONFIRMED, REJECTED, DECLINED, CANCELLED, NEEDS_ATTENTION -> leased.order();
            };
        } catch (NotRecorded | RecordingUnknown | DatabaseTime.Untold e) {
            log.warn(
                    "order {}: {}; recovery takes it up when the lease has run out",
                    leased.order().id(),
                    e.getMessage());
            return leased.order();
        } catch (WriteRefused e) {
            return refused(leased, e);
        }
    }

    private Order checkOut(LeasedOrder leased) {
        var order = leased.order();
        return switch (inventory.reserve(order.id(), order.lines())) {
            case ReservationOutcome.Held(var lines)
            when !order.isHeldBy(lines) -> setAside(leased, "inventory holds other lines than the order's");
            case ReservationOutcome.Held(var lines)
            when order.wasHeld() && !order.heldAt(lines).costs(order.total()) ->
                setAside(leased, "inventory held the stock at another price before");
            case ReservationOutcome.Held(var lines) -> charge(leased, order.heldAt(lines));
            // An order with a price on record may have been charged, so a refusal must not end it.
            case ReservationOutcome.Refused(var why)
            when order.wasHeld() -> setAside(leased, "inventory refuses stock that it held before: " + why);
            case ReservationOutcome.Refused(var why) -> reject(leased, order.rejected(why));
            case ReservationOutcome.Withdrawn _ -> giveUp(leased, Reason.PATIENCE);
            case ReservationOutcome.Unknown(var why) -> park(leased, order, why);
            case ReservationOutcome.Contradiction(var why) -> setAside(leased, why);
        };
    }

    private Order charge(LeasedOrder leased, Order held) {
        var total = held.total();
        if (total == null || !total.isChargeable() || !held.costs(held.expectedTotal())) {
            return reject(leased, held.rejected(Reason.PRICE_CHANGED));
        }
        if (leased.card() == null) {
            return setAside(leased, "the order is pending and its card token is gone");
        }
        return switch (payments.charge(held.id(), total, leased.card())) {
            case ChargeOutcome.Captured _ -> conclude(leased, held.confirmed(), Settlement.COMMIT);
            case ChargeOutcome.Declined(var why) -> conclude(leased, held.declined(why), Settlement.RELEASE);
            case ChargeOutcome.Withdrawn _ -> giveUp(leased, Reason.PATIENCE);
            case ChargeOutcome.Unknown(var why) -> park(leased, held, why);
            case ChargeOutcome.Contradiction(var why) -> setAside(leased, why);
        };
    }

    /**
     * Ends an order that inventory refuses, or whose price differs from the agreed one. An earlier run may have charged
     * it before inventory changed its answer, so every run but the placing request's own voids the charge before the order ends.
     */
    private Order reject(LeasedOrder leased, Order rejected) {
        if (!leased.mayHaveBeenCharged()) {
            return conclude(leased, rejected, Settlement.RELEASE);
        }
        return switch (payments.voidCharge(rejected.id())) {
            case VoidOutcome.Voided _ -> conclude(leased, rejected, Settlement.RELEASE);
            case VoidOutcome.Unknown(var why) -> park(leased, leased.order(), why);
            case VoidOutcome.Contradiction(var why) -> setAside(leased, why);
        };
    }

    /** Records the decision before any compensation: from here on the order can only end CANCELLED, in any run. */
    private Order giveUp(LeasedOrder leased, Reason why) {
        var next = leased.order().cancelling(why).at(now());
        return orders.advance(leased, next) ? run(leased.with(next)) : fencedOff(leased, next);
    }

    private Order compensate(LeasedOrder leased) {
        var order = leased.order();
        var released = inventory.release(order.id());
        if (released instanceof SettlementOutcome.Contradiction(var why)) {
            return setAside(leased, why); // the stock is sold, so the money stays
        }
        var voided = payments.voidCharge(order.id());
        if (voided instanceof VoidOutcome.Contradiction(var why)) {
            return setAside(leased, why);
        }
        if (voided instanceof VoidOutcome.Unknown(var why)) {
            return park(leased, order, why);
        }
        if (released instanceof SettlementOutcome.Unknown(var why)) {
            return park(leased, order, why);
        }
        return conclude(leased, order.cancelled(), null);
    }

    /** Ends the order as {@code decided}; if another holder has changed the order, returns it as it is now. */
    Order conclude(LeasedOrder leased, Order decided, @Nullable Settlement settlement) {
        var next = decided.at(now());
        next = next.answeredWith(answers.answerFor(next));
        if (!orders.conclude(leased, next, settlement)) {
            return fencedOff(leased, next);
        }
        log.info("order {} is {}{}", next.id(), next.status(), next.reason() == null ? "" : " (" + next.reason() + ")");
        return next;
    }

    private Order park(LeasedOrder leased, Order order, String why) {
        var next = order.at(now());
        if (!orders.park(leased, next, backOff.after(leased.attempts()))) {
            return fencedOff(leased, next);
        }
        log.info("order {} stays {} ({}): {}; recovery asks again", next.id(), next.status(), next.reason(), why);
        return next;
    }

    private Order setAside(LeasedOrder leased, String why) {
        var next = leased.order().setAside().at(now());
        if (!orders.setAside(leased, next, why)) {
            return fencedOff(leased, next);
        }
        log.error("order {} needs an operator: {}", next.id(), why);
        return next;
    }

    /**
     * A constraint refuses this run's write, and will refuse it again. After the first refusal recovery tries once
     * more, perhaps in another version of this program. After a second refusal to this process, the order is set aside.
     */
    private Order refused(LeasedOrder leased, WriteRefused refusal) {
        try {
            if (!refusedBefore.add(leased.order().id())) {
                return setAside(leased, String.valueOf(refusal.getMessage()));
            }
            log.error("order {}: {}; recovery tries once more", leased.order().id(), refusal.getMessage());
            orders.handBack(List.of(leased));
        } catch (NotRecorded | RecordingUnknown | WriteRefused e) {
            log.error(
                    "order {}: {}; it is tried again when the lease has run out",
                    leased.order().id(),
                    e.getMessage());
        }
        return leased.order();
    }

    /** Another holder has the order or has decided it; the order on record counts. */
    private Order fencedOff(LeasedOrder leased, Order next) {
        log.warn("order {}: {} came too late, the order has moved on", next.id(), next.status());
        orders.noteFencedOff(leased, next);
        return orders.find(next.id()).orElseThrow();
    }

    /** Orders are recorded to the millisecond. */
    private Instant now() {
        return time.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
