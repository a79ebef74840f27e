package store.payment.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.net.URLEncoder;
import java.time.Instant;
import java.util.ArrayList;
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
import store.resilience.PeerClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Maps each status to one answer. An answer counts only if its body names the order of the request. A bare status, a
 * status outside the acquirer's contract and an unreadable body count as unknown.
 */
final class HttpAcquirer implements Acquirer, AutoCloseable {

    /**
     * Amounts are whole numbers: one with a fraction is unreadable, never cut. A kind or a reason is a name, never a
     * number.
     */
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .build();

    /** For answers about an order: unknown fields are ignored, missing ones fail. */
    private static final JsonMapper WHOLE = JSON.rebuild()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

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
        var order = key.orderId();
        var body = new CaptureBody(order.value(), amount, token.value());
        return ask("PUT", "/captures/" + key, body, unanswered -> unanswered, answer -> switch (answer.status()) {
            case 200 -> {
                var capture = about(order, answer, MovementBody.class).movement();
                yield capture.isOf(Movement.Kind.CAPTURE, amount)
                        ? new Captured(capture.toMovement())
                        : new Unknown("the answer confirms another capture");
            }
            case 402 -> new Declined(about(order, answer, DeclineBody.class).reason());
            case 410 -> about(order, answer, new Withdrawn());
            case 422 -> about(order, answer, new Contradicted());
            default -> unexpected(answer);
        });
    }

    @Override
    public VoidAnswer undo(AcquirerKey key) {
        var order = key.orderId();
        var body = new VoidBody(order.value());
        return ask(
                "POST",
                "/captures/" + key + "/void",
                body,
                unanswered -> unanswered,
                answer -> switch (answer.status()) {
                    case 200 ->
                        new Undone(about(order, answer, UndoneBody.class).movements());
                    case 409 -> about(order, answer, new TooLate());
                    default -> unexpected(answer);
                });
    }

    @Override
    public RefundAnswer refund(AcquirerKey key, Movement capture) {
        var order = key.orderId();
        var body = new RefundBody(order.value(), capture.id(), capture.amount());
        return ask("PUT", "/refunds/" + key, body, unanswered -> unanswered, answer -> switch (answer.status()) {
            case 200 -> {
                var refund = about(order, answer, MovementBody.class).movement();
                yield refund.isOf(Movement.Kind.REFUND, capture.amount())
                        ? new Refunded(refund.toMovement())
                        : new Unknown("the answer confirms another refund");
            }
            case 404, 409, 422 -> about(order, answer, new Refused("status " + answer.status()));
            default -> unexpected(answer);
        });
    }

    @Override
    public LookupAnswer movementsOf(OrderId orderId) {
        return ask(
                "GET",
                "/movements?orderId=" + orderId,
                null,
                unanswered -> unanswered,
                answer -> answer.status() == 200
                        ? new Found(about(orderId, answer, RecordBody.class).toMovements())
                        : unexpected(answer));
    }

    @Override
    public StatementAnswer statement(@Nullable String after, int limit) {
        var path = "/statement?limit=" + limit + (after == null ? "" : "&after=" + URLEncoder.encode(after, UTF_8));
        return ask("GET", path, null, unanswered -> unanswered, answer -> switch (answer.status()) {
            case 200 -> read(answer, StatementBody.class).toPage();
            case 404 ->
                after != null
                                && "UNKNOWN_CURSOR"
                                        .equals(read(answer, RefusalBody.class).reason())
                        ? new UnknownCursor()
                        : unexpected(answer);
            default -> unexpected(answer);
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
            Function<Unanswered, A> unanswered,
            Function<Answered, A> answered) {
        return switch (http.call(method, path, body == null ? null : JSON.writeValueAsBytes(body))) {
            case PeerAnswer.NotSent(var why) -> unanswered.apply(new NotSent(why));
            case PeerAnswer.Unanswered(var why) -> unanswered.apply(new Unknown(why));
            case Answered answer -> {
                try {
                    yield answered.apply(answer);
                } catch (JacksonException _) { // its message may quote the body
                    yield unanswered.apply(
                            new Unknown("unreadable answer, or about another order, status " + answer.status()));
                }
            }
        };
    }

    private static <T> T read(Answered answer, Class<T> type) {
        var read = JSON.readValue(answer.body(), type);
        if (read == null) {
            throw MismatchedInputException.from(null, type, "null");
        }
        return read;
    }

    /** @throws JacksonException if the body is not of this type, lacks a field, or is about another order */
    private static <T extends AboutOrder> T about(OrderId orderId, Answered answer, Class<T> type) {
        var read = WHOLE.readValue(answer.body(), type);
        if (read == null || !orderId.value().equals(read.orderId())) {
            throw MismatchedInputException.from(null, type, "another order, or none");
        }
        return read;
    }

    /** For a status that needs nothing from the body but the order's id. */
    private static <A> A about(OrderId orderId, Answered answer, A said) {
        about(orderId, answer, OrderBody.class);
        return said;
    }

    private static Unknown unexpected(Answered answer) {
        return new Unknown("status " + answer.status());
    }

    private record CaptureBody(UUID orderId, Money amount, String token) {}

    private record VoidBody(UUID orderId) {}

    private record RefundBody(UUID orderId, String captureId, Money amount) {}

    private interface AboutOrder {
        UUID orderId();
    }

    private record OrderBody(UUID orderId) implements AboutOrder {}

    private record DeclineBody(UUID orderId, DeclineReason reason) implements AboutOrder {

        DeclineBody {
            requireNonNull(reason);
        }
    }

    private record MovementBody(UUID orderId, Line movement) implements AboutOrder {

        MovementBody {
            movement.requireOrder(orderId);
        }
    }

    private record UndoneBody(
            UUID orderId, @Nullable Line undone, @Nullable Line movement) implements AboutOrder {

        UndoneBody {
            if (undone != null && movement != null) {
                undone.requireOrder(orderId);
                movement.requireOrder(orderId);
                if (!undone.isOf(Movement.Kind.CAPTURE, undone.amount())
                        || !movement.isOf(Movement.Kind.VOID, undone.amount())) {
                    throw new IllegalArgumentException("not a capture and its void");
                }
            } else if (undone != null || movement != null) {
                throw new IllegalArgumentException("a capture without its void, or a void without its capture");
            }
        }

        List<Movement> movements() {
            return undone == null || movement == null ? List.of() : List.of(undone.toMovement(), movement.toMovement());
        }
    }

    private record RecordBody(UUID orderId, List<Line> movements) implements AboutOrder {

        RecordBody {
            movements.forEach(movement -> movement.requireOrder(orderId));
        }

        List<Movement> toMovements() {
            return movements.stream().map(Line::toMovement).toList();
        }
    }

    private record RefusalBody(@Nullable String reason) {}

    private record StatementBody(
            List<JsonNode> movements, @Nullable String next) {

        StatementBody {
            requireNonNull(movements);
            if (next != null && !StatementLine.isStorable(next)) {
                throw new IllegalArgumentException("not a cursor");
            }
        }

        /** A line that cannot be read does not affect the others. */
        Page toPage() {
            var readable = new ArrayList<Movement>();
            var unreadable = new ArrayList<Unreadable>();
            for (var line : movements) {
                try {
                    var movement = JSON.treeToValue(line, Line.class).toMovement();
                    var why = StatementLine.whyNotStorable(movement);
                    if (why == null) {
                        readable.add(movement);
                    } else {
                        unreadable.add(StatementLine.unreadable(line, why));
                    }
                } catch (JacksonException | NullPointerException e) {
                    unreadable.add(StatementLine.unreadable(line, StatementLine.why(line, e)));
                }
            }
            return new Page(readable, unreadable, next);
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

        boolean isOf(Movement.Kind which, Money howMuch) {
            return kind == which && amount.equals(howMuch);
        }

        void requireOrder(UUID which) {
            if (!orderId.equals(which)) {
                throw new IllegalArgumentException("a movement of another order");
            }
        }

        Movement toMovement() {
            return new Movement(id, orderId, kind, amount, at);
        }
    }
}
