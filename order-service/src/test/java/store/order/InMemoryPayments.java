package store.order;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import store.order.Payments.ChargeOutcome.Captured;
import store.order.Payments.ChargeOutcome.Contradiction;
import store.order.Payments.ChargeOutcome.Declined;
import store.order.Payments.ChargeOutcome.Withdrawn;
import store.order.Payments.VoidOutcome.Voided;
import store.resilience.TransactionGuard;

/**
 * A payment service in memory that keeps its contract, with the sandbox's cards; a test can break the connection to it.
 */
public final class InMemoryPayments implements Payments {

    /** The state of a payment. */
    public enum State {
        /** The acquirer has been asked and has not answered. */
        PENDING,
        CAPTURED,
        DECLINED,
        VOIDED
    }

    public final PeerStep<ChargeOutcome> charging;
    public final PeerStep<VoidOutcome> voiding;

    /** The state of each order's payment. */
    public final Map<OrderId, State> states = new ConcurrentHashMap<>();

    private final Map<OrderId, Money> amounts = new ConcurrentHashMap<>();

    /** @param sent is told every request that is sent */
    public InMemoryPayments(TransactionGuard guard, Consumer<PeerStep.Sent> sent) {
        this.charging = new PeerStep<>("charge", ChargeOutcome.Unknown::new, guard, sent);
        this.voiding = new PeerStep<>("void", VoidOutcome.Unknown::new, guard, sent);
    }

    @Override
    public ChargeOutcome charge(OrderId id, Money amount, CardToken card) {
        return charging.take(id, () -> {
            var known = amounts.putIfAbsent(id, amount);
            if (known != null && !known.equals(amount)) {
                return new Contradiction("another amount");
            }
            var state = states.merge(id, first(card), (before, _) -> before == State.PENDING ? State.CAPTURED : before);
            return switch (state) {
                case PENDING -> new ChargeOutcome.Unknown("the payment is pending");
                case CAPTURED -> new Captured();
                case VOIDED -> new Withdrawn();
                case DECLINED ->
                    new Declined(
                            card.value().equals("tok_insufficient_funds")
                                    ? Reason.INSUFFICIENT_FUNDS
                                    : Reason.CARD_DECLINED);
            };
        });
    }

    private static State first(CardToken card) {
        return switch (card.value()) {
            case "tok_declined", "tok_insufficient_funds" -> State.DECLINED;
            case "tok_silent" -> State.PENDING;
            default -> State.CAPTURED;
        };
    }

    @Override
    public VoidOutcome voidCharge(OrderId id) {
        return voiding.take(id, () -> {
            states.merge(id, State.VOIDED, (before, _) -> before == State.DECLINED ? before : State.VOIDED);
            return new Voided();
        });
    }
}
