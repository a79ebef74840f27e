package store.payment.http;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import store.payment.Acquirer;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.DeclineReason;
import store.payment.Money;
import store.payment.Movement;
import store.payment.OrderId;
import store.resilience.PeerAnswer;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.Unanswered;
import store.resilience.PeerClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Maps each status to one answer. A status that the acquirer's contract does not have, or a body that cannot be read,
 * says nothing.
 */
final class HttpAcquirer implements Acquirer, AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final String name;
    private final PeerClient http;

    HttpAcquirer(String name, PeerClient http) {
        this.name = name;
        this.http = http;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public CaptureAnswer capture(AcquirerKey key, Money amount, CardToken token) {
        var body = new CaptureBody(key.orderId().value(), amount, token.value());
        return ask("PUT", "/captures/" + key, body, unsettled -> unsettled, answer -> switch (answer.status()) {
            case 200 -> {
                var capture = read(answer, MovementBody.class).movement();
                yield capture != null && confirms(capture, Movement.Kind.CAPTURE, key.orderId(), amount)
                        ? new Captured(capture.toMovement())
                        : new Unknown("confirmed something else");
            }
            case 402 -> new Declined(read(answer, ReasonBody.class).reason());
            case 410 -> new Withdrawn();
            case 422 -> new Contradicted();
            default -> unexpected(answer);
        });
    }

    @Override
    public VoidAnswer undo(AcquirerKey key) {
        var body = new VoidBody(key.orderId().value());
        return ask(
                "POST", "/captures/" + key + "/void", body, unsettled -> unsettled, answer -> switch (answer.status()) {
                    case 200 -> new Undone(read(answer, UndoneBody.class).movements());
                    case 409 -> new TooLate();
                    default -> unexpected(answer);
                });
    }

    @Override
    public RefundAnswer refund(AcquirerKey key, Movement capture) {
        var body = new RefundBody(key.orderId().value(), capture.id(), capture.amount());
        return ask("PUT", "/refunds/" + key, body, unsettled -> unsettled, answer -> switch (answer.status()) {
            case 200 -> {
                var refund = read(answer, MovementBody.class).movement();
                yield refund != null && confirms(refund, Movement.Kind.REFUND, key.orderId(), capture.amount())
                        ? new Refunded(refund.toMovement())
                        : new Unknown("confirmed something else");
            }
            case 404, 409, 422 -> new Refused("status " + answer.status());
            default -> unexpected(answer);
        });
    }

    @Override
    public LookupAnswer movementsOf(OrderId orderId) {
        return ask(
                "GET",
                "/movements?orderId=" + orderId,
                null,
                unsettled -> unsettled,
                answer -> answer.status() == 200
                        ? new Found(read(answer, MovementsBody.class).toMovements())
                        : unexpected(answer));
    }

    @Override
    public StatementAnswer statement(@Nullable String after, int limit) {
        var path = "/statement?limit=" + limit + (after == null ? "" : "&after=" + after);
        return ask("GET", path, null, unsettled -> unsettled, answer -> {
            if (answer.status() != 200) {
                return unexpected(answer);
            }
            var page = read(answer, MovementsBody.class);
            return new Page(page.toMovements(), page.next());
        });
    }

    @Override
    public void close() {
        http.close();
    }

    private <A> A ask(
            String method,
            String path,
            @Nullable Object body,
            Function<Unsettled, A> unsettled,
            Function<Answered, A> answered) {
        return switch (http.call(method, path, body == null ? null : JSON.writeValueAsBytes(body))) {
            case PeerAnswer.NotSent(var why) -> unsettled.apply(new NotSent(why));
            case Unanswered(var why) -> unsettled.apply(new Unknown(why));
            case Answered answer -> {
                try {
                    yield answered.apply(answer);
                } catch (JacksonException _) { // its message may quote the body
                    yield unsettled.apply(new Unknown("unreadable answer, status " + answer.status()));
                }
            }
        };
    }

    private static <T> T read(Answered answer, Class<T> type) {
        return JSON.readValue(answer.body(), type);
    }

    private static Unknown unexpected(Answered answer) {
        return new Unknown("status " + answer.status());
    }

    private static boolean confirms(Line movement, Movement.Kind kind, OrderId orderId, Money amount) {
        return movement.kind() == kind
                && movement.orderId().equals(orderId.value())
                && movement.amount().equals(amount);
    }

    private record CaptureBody(UUID orderId, Money amount, String token) {}

    private record VoidBody(UUID orderId) {}

    private record RefundBody(UUID orderId, String captureId, Money amount) {}

    private record ReasonBody(DeclineReason reason) {

        ReasonBody {
            requireNonNull(reason);
        }
    }

    private record MovementBody(@Nullable Line movement) {}

    private record UndoneBody(
            @Nullable Line undone, @Nullable Line movement) {

        List<Movement> movements() {
            return undone == null || movement == null ? List.of() : List.of(undone.toMovement(), movement.toMovement());
        }
    }

    private record MovementsBody(
            List<Line> movements, @Nullable String next) {

        MovementsBody {
            requireNonNull(movements);
        }

        List<Movement> toMovements() {
            return movements.stream().map(Line::toMovement).toList();
        }
    }

    /** A line of the acquirer's record. */
    private record Line(String id, UUID orderId, Movement.Kind kind, Money amount, Instant at) {

        Line {
            requireNonNull(id);
            requireNonNull(orderId);
            requireNonNull(kind);
            requireNonNull(amount);
            requireNonNull(at);
        }

        Movement toMovement() {
            return new Movement(id, orderId, kind, amount, at);
        }
    }
}
