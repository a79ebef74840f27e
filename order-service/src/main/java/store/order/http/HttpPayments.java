package store.order.http;

import store.order.CardToken;
import store.order.Money;
import store.order.OrderId;
import store.order.Payments;
import store.order.Reason;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;
import store.resilience.PeerClient;
import tools.jackson.core.JacksonException;

/** payment-service's internal API. A status that the contract does not know tells nothing: unknown. */
final class HttpPayments implements Payments {

    private final PeerClient peer;

    HttpPayments(PeerClient peer) {
        this.peer = peer;
    }

    @Override
    public ChargeOutcome charge(OrderId id, Money amount, CardToken card) {
        var body = PeerJson.write(new ChargeBody(amount, card.value()));
        return switch (peer.call("PUT", "/payments/" + id, body)) {
            case Answered answer -> charged(answer);
            case NotSent(var why) -> new ChargeOutcome.Unknown(why);
            case Unanswered(var why) -> new ChargeOutcome.Unknown(why);
        };
    }

    private ChargeOutcome charged(Answered answer) {
        try {
            return switch (answer.status()) {
                case 200 -> new ChargeOutcome.Captured();
                case 202 -> new ChargeOutcome.Unknown("the payment is pending");
                case 402 ->
                    new ChargeOutcome.Declined(
                            PeerJson.read(answer, DeclinedBody.class).reason());
                case 410 -> new ChargeOutcome.Withdrawn();
                case 422 -> new ChargeOutcome.Contradiction("payment has another payment for this order");
                default -> new ChargeOutcome.Unknown("payment answered " + answer.status());
            };
        } catch (JacksonException _) {
            return new ChargeOutcome.Unknown("payment's " + answer.status() + " cannot be read");
        }
    }

    @Override
    public VoidOutcome voidCharge(OrderId id) {
        return switch (peer.call("POST", "/payments/" + id + "/void", null)) {
            case Answered answer when answer.status() == 200 -> new VoidOutcome.Voided();
            case Answered answer when answer.status() == 202 -> new VoidOutcome.Unknown("the void is under way");
            case Answered answer
            when answer.status() == 422 -> new VoidOutcome.Contradiction("payment refuses to void");
            case Answered answer -> new VoidOutcome.Unknown("payment answered " + answer.status());
            case NotSent(var why) -> new VoidOutcome.Unknown(why);
            case Unanswered(var why) -> new VoidOutcome.Unknown(why);
        };
    }

    private record ChargeBody(Money amount, String token) {}

    private record DeclinedBody(Reason reason) {}
}
