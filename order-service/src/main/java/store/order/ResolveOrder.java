package store.order;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.order.Inventory.ReservationOutcome;
import store.order.Payments.ChargeOutcome;
import store.order.Resolution.Done;
import store.order.Resolution.Refused;

/**
 * Ends an order that needs attention as an operator decides, by the protocol and never against the peers' records: an
 * operator can neither confirm an order that was not charged, nor cancel one that was sold.
 */
public final class ResolveOrder {

    private static final Logger log = LoggerFactory.getLogger(ResolveOrder.class);

    private final Dossiers dossiers;
    private final Inventory inventory;
    private final Payments payments;
    private final FinishOrder finishOrder;

    /** The ends that an operator can choose. */
    public enum End {
        CANCELLED,
        CONFIRMED
    }

    public ResolveOrder(Dossiers dossiers, Inventory inventory, Payments payments, FinishOrder finishOrder) {
        this.dossiers = dossiers;
        this.inventory = inventory;
        this.payments = payments;
        this.finishOrder = finishOrder;
    }

    /**
     * @throws Orders.NotRecorded if certainly nothing was done
     * @throws Orders.RecordingUnknown if the peers were asked, or the end may have been recorded
     */
    public Resolution resolve(OrderId id, End end, String why) {
        return switch (end) {
            case CANCELLED ->
                dossiers.giveUp(id, why, PlaceOrder.LEASE)
                        .map(this::cancel)
                        .orElseGet(() -> RetryOrder.notNeeded(dossiers, id));
            case CONFIRMED ->
                dossiers.take(id, why, PlaceOrder.LEASE)
                        // From here on the peers are asked: stock may be held and money captured, whatever fails.
                        .map(taken -> Orders.afterFirstWrite(() -> confirmOrSayWhyNot(taken)))
                        .orElseGet(() -> Orders.afterFirstWrite(() -> notTaken(id)));
        };
    }

    private Resolution confirmOrSayWhyNot(LeasedOrder taken) {
        try {
            return confirm(taken);
        } catch (Orders.WriteRefused e) {
            return refuse(taken, String.valueOf(e.getMessage()));
        }
    }

    private Resolution notTaken(OrderId id) {
        return dossiers.find(id)
                .filter(order -> order.status() == Status.NEEDS_ATTENTION)
                .<Resolution>map(
                        order -> new Refused("it was given up (" + order.givenUpFor() + ") and can only end CANCELLED"))
                .orElseGet(() -> RetryOrder.notNeeded(dossiers, id));
    }

    private Resolution cancel(LeasedOrder leased) {
        var order = finishOrder.finish(leased);
        return order.status() == Status.NEEDS_ATTENTION
                ? new Refused("a peer's record contradicts a cancellation; the history has its answer")
                : new Done(order.status());
    }

    /** Asks the peers again; a peer that has taken its step already repeats its answer. */
    private Resolution confirm(LeasedOrder taken) {
        var order = taken.order().pendingAgain();
        if (order.lines().isEmpty()) {
            return refuse(taken, "its lines cannot be read");
        }
        return switch (inventory.reserve(order.id(), order.lines())) {
            case ReservationOutcome.Held(var lines)
            when !order.isHeldBy(lines) -> refuse(taken, "inventory holds other lines");
            case ReservationOutcome.Held(var lines) -> charge(taken, order.heldAt(lines));
            case ReservationOutcome.Refused(var why) -> refuse(taken, "inventory has refused the stock: " + why);
            case ReservationOutcome.Withdrawn _ -> refuse(taken, "the stock has been released");
            case ReservationOutcome.Unknown(var why) -> refuse(taken, "inventory's answer is unknown: " + why);
            case ReservationOutcome.Contradiction(var why) -> refuse(taken, why);
        };
    }

    private Resolution charge(LeasedOrder taken, Order held) {
        var total = held.total();
        if (total == null || !total.isChargeable() || !held.costs(held.expectedTotal())) {
            return refuse(taken, "the stock costs " + total + ", not the " + held.expectedTotal() + " agreed to");
        }
        if (taken.card() == null) {
            return refuse(taken, "the card token is gone, or cannot be read");
        }
        return switch (payments.charge(held.id(), total, taken.card())) {
            case ChargeOutcome.Captured _ -> conclude(taken, held.confirmed());
            case ChargeOutcome.Declined(var why) -> refuse(taken, "the card was declined: " + why);
            case ChargeOutcome.Withdrawn _ -> refuse(taken, "the payment has been voided");
            case ChargeOutcome.Unknown(var why) -> refuse(taken, "payment's answer is unknown: " + why);
            case ChargeOutcome.Contradiction(var why) -> refuse(taken, why);
        };
    }

    private Resolution conclude(LeasedOrder taken, Order confirmed) {
        var end = finishOrder.conclude(taken, confirmed, Settlement.COMMIT);
        return end.status() == Status.CONFIRMED
                ? new Done(end.status())
                : new Refused("meanwhile the order has become " + end.status());
    }

    private Resolution refuse(LeasedOrder taken, String why) {
        dossiers.refuse(taken, why);
        log.warn(
                "order {} is not confirmed: {}; it still needs an operator",
                taken.order().id(),
                why);
        return new Refused(why);
    }
}
