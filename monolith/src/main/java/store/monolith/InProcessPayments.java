package store.monolith;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import store.order.CardToken;
import store.order.Money;
import store.order.OrderId;
import store.order.Payments;
import store.order.Reason;
import store.payment.ChargeOrder;
import store.payment.DeclineReason;
import store.payment.VoidPayment;
import store.resilience.TransactionGuard;

/**
 * Calls payment's use cases directly, but like a peer's: outside any transaction and by value. If the database fails,
 * the outcome is unknown. The use cases call the acquirer over the network in this build too.
 */
final class InProcessPayments implements Payments {

    private final ChargeOrder chargeOrder;
    private final VoidPayment voidPayment;
    private final TransactionGuard guard;

    InProcessPayments(ChargeOrder chargeOrder, VoidPayment voidPayment, TransactionGuard guard) {
        this.chargeOrder = chargeOrder;
        this.voidPayment = voidPayment;
        this.guard = guard;
    }

    @Override
    public ChargeOutcome charge(OrderId id, Money amount, CardToken card) {
        guard.requireNoTransaction();
        var total = new store.payment.Money(amount.amount(), amount.currency());
        var token = new store.payment.CardToken(card.value());
        try {
            return switch (chargeOrder.charge(theirs(id), total, token)) {
                case ChargeOrder.Outcome.Captured _ -> new ChargeOutcome.Captured();
                case ChargeOrder.Outcome.Declined(var why) -> new ChargeOutcome.Declined(ours(why));
                case ChargeOrder.Outcome.Pending _ -> new ChargeOutcome.Unknown("the payment is pending");
                case ChargeOrder.Outcome.Withdrawn _ -> new ChargeOutcome.Withdrawn();
                case ChargeOrder.Outcome.Contradiction _ ->
                    new ChargeOutcome.Contradiction("payment has another payment for this order, or cannot record it");
            };
        } catch (DataAccessException | TransactionException e) {
            return new ChargeOutcome.Unknown("payment failed: " + e.getMostSpecificCause());
        }
    }

    @Override
    public VoidOutcome voidCharge(OrderId id) {
        guard.requireNoTransaction();
        try {
            return switch (voidPayment.undo(theirs(id))) {
                case VOIDED, REFUNDED, DECLINED -> new VoidOutcome.Voided();
                case VOIDING -> new VoidOutcome.Unknown("the void is under way");
                case CONTRADICTION ->
                    new VoidOutcome.Contradiction("payment cannot rule out that money stays captured for this order");
            };
        } catch (DataAccessException | TransactionException e) {
            return new VoidOutcome.Unknown("payment failed: " + e.getMostSpecificCause());
        }
    }

    private static store.payment.OrderId theirs(OrderId id) {
        return new store.payment.OrderId(id.value());
    }

    private static Reason ours(DeclineReason why) {
        return switch (why) {
            case CARD_DECLINED -> Reason.CARD_DECLINED;
            case INSUFFICIENT_FUNDS -> Reason.INSUFFICIENT_FUNDS;
        };
    }
}
