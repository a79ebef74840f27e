package store.order.http;

import java.util.List;
import java.util.Map;
import store.order.Inventory;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Reason;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;
import store.resilience.PeerClient;
import tools.jackson.core.JacksonException;

/** inventory-service's internal API. A status that the contract does not know tells nothing: unknown. */
final class HttpInventory implements Inventory {

    private final PeerClient peer;

    HttpInventory(PeerClient peer) {
        this.peer = peer;
    }

    @Override
    public ReservationOutcome reserve(OrderId id, List<OrderLine> lines) {
        var wanted = lines.stream()
                .map(line -> new Line(line.sku(), line.quantity()))
                .toList();
        var body = PeerJson.write(Map.of("lines", wanted));
        return switch (peer.call("PUT", "/reservations/" + id, body)) {
            case Answered answer -> reserved(answer);
            case NotSent(var why) -> new ReservationOutcome.Unknown(why);
            case Unanswered(var why) -> new ReservationOutcome.Unknown(why);
        };
    }

    private ReservationOutcome reserved(Answered answer) {
        try {
            return switch (answer.status()) {
                case 200 ->
                    new ReservationOutcome.Held(
                            PeerJson.read(answer, HeldBody.class).lines());
                case 409 ->
                    new ReservationOutcome.Refused(
                            PeerJson.read(answer, RefusedBody.class).reason());
                case 410 -> new ReservationOutcome.Withdrawn();
                case 422 -> new ReservationOutcome.Contradiction("inventory has another reservation for this order");
                default -> new ReservationOutcome.Unknown("inventory answered " + answer.status());
            };
        } catch (JacksonException _) {
            return new ReservationOutcome.Unknown("inventory's " + answer.status() + " cannot be read");
        }
    }

    @Override
    public SettlementOutcome commit(OrderId id) {
        return settle(id, "commit");
    }

    @Override
    public SettlementOutcome release(OrderId id) {
        return settle(id, "release");
    }

    private SettlementOutcome settle(OrderId id, String act) {
        return switch (peer.call("POST", "/reservations/" + id + "/" + act, null)) {
            case Answered answer when answer.status() == 200 -> new SettlementOutcome.Settled();
            case Answered answer
            when answer.status() == 422 -> new SettlementOutcome.Contradiction("inventory refuses to " + act);
            case Answered answer -> new SettlementOutcome.Unknown("inventory answered " + answer.status());
            case NotSent(var why) -> new SettlementOutcome.Unknown(why);
            case Unanswered(var why) -> new SettlementOutcome.Unknown(why);
        };
    }

    private record Line(String sku, int quantity) {}

    private record HeldBody(List<OrderLine> lines) {}

    private record RefusedBody(Reason reason) {}
}
