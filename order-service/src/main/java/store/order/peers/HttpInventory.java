package store.order.peers;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import store.order.Inventory;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Reason;
import store.order.Settlement;
import store.order.peers.PeerJson.AboutOrder;
import store.order.peers.PeerJson.Named;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;
import store.resilience.PeerClient;
import tools.jackson.core.JacksonException;

/**
 * inventory-service's internal API. A status outside the contract, and any answer that does not name the order, counts
 * as unknown.
 */
final class HttpInventory implements Inventory {

    private static final Set<Reason> REFUSALS = EnumSet.of(Reason.UNKNOWN_PRODUCT, Reason.OUT_OF_STOCK);

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
            case Answered answer -> reserved(id, answer);
            case NotSent(var why) -> new ReservationOutcome.Unknown(why);
            case Unanswered(var why) -> new ReservationOutcome.Unknown(why);
        };
    }

    private static ReservationOutcome reserved(OrderId id, Answered answer) {
        try {
            return switch (answer.status()) {
                case 200 ->
                    new ReservationOutcome.Held(
                            PeerJson.read(answer, id, HeldBody.class).lines());
                case 409 -> {
                    var reason = PeerJson.read(answer, id, RefusedBody.class).reason();
                    PeerJson.require(REFUSALS.contains(reason), RefusedBody.class);
                    yield new ReservationOutcome.Refused(reason);
                }
                case 410 -> {
                    PeerJson.read(answer, id, Named.class);
                    yield new ReservationOutcome.Withdrawn();
                }
                case 422 -> {
                    PeerJson.read(answer, id, Named.class);
                    yield new ReservationOutcome.Contradiction("inventory's record contradicts this reservation");
                }
                default -> new ReservationOutcome.Unknown("inventory answered " + answer.status());
            };
        } catch (JacksonException _) {
            return new ReservationOutcome.Unknown("inventory's " + answer.status() + " is not an answer to this call");
        }
    }

    @Override
    public SettlementOutcome commit(OrderId id) {
        return settle(id, Settlement.COMMIT);
    }

    @Override
    public SettlementOutcome release(OrderId id) {
        return settle(id, Settlement.RELEASE);
    }

    private SettlementOutcome settle(OrderId id, Settlement act) {
        var path = "/reservations/" + id + "/" + act.name().toLowerCase(Locale.ROOT);
        return switch (peer.call("POST", path, null)) {
            case Answered answer -> settled(id, act, answer);
            case NotSent(var why) -> new SettlementOutcome.Unknown(why);
            case Unanswered(var why) -> new SettlementOutcome.Unknown(why);
        };
    }

    private static SettlementOutcome settled(OrderId id, Settlement act, Answered answer) {
        try {
            return switch (answer.status()) {
                case 200 -> {
                    var done = PeerJson.read(answer, id, SettledBody.class).settlement();
                    PeerJson.require(done == act, SettledBody.class);
                    yield new SettlementOutcome.Settled();
                }
                case 422 -> {
                    PeerJson.read(answer, id, Named.class);
                    yield new SettlementOutcome.Contradiction("inventory refuses to " + act);
                }
                default -> new SettlementOutcome.Unknown("inventory answered " + answer.status());
            };
        } catch (JacksonException _) {
            return new SettlementOutcome.Unknown("inventory's " + answer.status() + " is not an answer to this call");
        }
    }

    private record Line(String sku, int quantity) {}

    private record HeldBody(UUID orderId, List<OrderLine> lines) implements AboutOrder {}

    private record RefusedBody(UUID orderId, Reason reason) implements AboutOrder {}

    private record SettledBody(UUID orderId, Settlement settlement) implements AboutOrder {}
}
