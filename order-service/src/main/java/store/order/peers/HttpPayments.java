package store.order.peers;

import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import store.order.CardToken;
import store.order.Money;
import store.order.OrderId;
import store.order.Payments;
import store.order.Reason;
import store.order.peers.PeerJson.AboutOrder;
import store.order.peers.PeerJson.Named;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;
import store.resilience.PeerClient;
import tools.jackson.core.JacksonException;

/**
 * payment-service's internal API. A status outside the contract, and any answer that does not name the order, counts as
 * unknown.
 */
final class HttpPayments implements Payments {

    private static final Set<Reason> DECLINES = EnumSet.of(Reason.CARD_DECLINED, Reason.INSUFFICIENT_FUNDS);

    private final PeerClient peer;

    HttpPayments(PeerClient peer) {
        this.peer = peer;
    }

    @Override
    public ChargeOutcome charge(OrderId id, Money amount, CardToken card) {
        var body = PeerJson.write(new ChargeBody(amount, card.value()));
        return switch (peer.call("PUT", "/payments/" + id, body)) {
            case Answered answer -> charged(id, amount, answer);
            case NotSent(var why) -> new ChargeOutcome.Unknown(why);
            case Unanswered(var why) -> new ChargeOutcome.Unknown(why);
        };
    }

    private static ChargeOutcome charged(OrderId id, Money amount, Answered answer) {
        try {
            return switch (answer.status()) {
                case 200 -> {
                    var captured = PeerJson.read(answer, id, CapturedBody.class);
                    PeerJson.require(captured.amount().equals(amount), CapturedBody.class);
                    yield new ChargeOutcome.Captured();
                }
                case 202 -> new ChargeOutcome.Unknown("the payment is pending");
                case 402 -> {
                    var reason = PeerJson.read(answer, id, DeclinedBody.class).reason();
                    PeerJson.require(DECLINES.contains(reason), DeclinedBody.class);
                    yield new ChargeOutcome.Declined(reason);
                }
                case 410 -> {
                    PeerJson.read(answer, id, Named.class);
                    yield new ChargeOutcome.Withdrawn();
                }
                case 422 -> {
                    PeerJson.read(answer, id, Named.class);
                    yield new ChargeOutcome.Contradiction("payment's record contradicts this charge");
                }
                default -> new ChargeOutcome.Unknown("payment answered " + answer.status());
            };
        } catch (JacksonException _) {
            return new ChargeOutcome.Unknown("payment's " + answer.status() + " is not an answer to this call");
        }
    }

    @Override
    public VoidOutcome voidCharge(OrderId id) {
        return switch (peer.call("POST", "/payments/" + id + "/void", null)) {
            case Answered answer -> voided(id, answer);
            case NotSent(var why) -> new VoidOutcome.Unknown(why);
            case Unanswered(var why) -> new VoidOutcome.Unknown(why);
        };
    }

    private static VoidOutcome voided(OrderId id, Answered answer) {
        try {
            return switch (answer.status()) {
                case 200 -> {
                    PeerJson.read(answer, id, VoidedBody.class);
                    yield new VoidOutcome.Voided();
                }
                case 202 -> new VoidOutcome.Unknown("the void is under way");
                case 422 -> {
                    PeerJson.read(answer, id, Named.class);
                    yield new VoidOutcome.Contradiction("payment's record contradicts this void");
                }
                default -> new VoidOutcome.Unknown("payment answered " + answer.status());
            };
        } catch (JacksonException _) {
            return new VoidOutcome.Unknown("payment's " + answer.status() + " is not an answer to this call");
        }
    }

    private record ChargeBody(Money amount, String token) {}

    private record CapturedBody(UUID orderId, Charged status, Money amount) implements AboutOrder {}

    private record DeclinedBody(UUID orderId, Reason reason) implements AboutOrder {}

    private record VoidedBody(UUID orderId, Undone status) implements AboutOrder {}

    /** The only status that says that the money has moved. */
    private enum Charged {
        CAPTURED
    }

    /** The statuses that say that no net charge stands, and none will come. */
    private enum Undone {
        VOIDED,
        REFUNDED,
        DECLINED
    }
}
