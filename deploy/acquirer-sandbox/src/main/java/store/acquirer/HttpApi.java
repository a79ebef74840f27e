package store.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import store.acquirer.Answer.Booked;
import store.acquirer.Answer.Reason;
import store.acquirer.Answer.Refused;
import store.acquirer.Answer.Undone;

/** The ledger over HTTP, in JSON. A failure is a problem detail (RFC 9457), which quotes only the order id. */
final class HttpApi implements HttpHandler, AutoCloseable {

    private static final int MAX_BODY_BYTES = 1 << 16;
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;

    /** To build a long list takes up to a megabyte of a small heap. */
    private static final int LISTS_AT_ONCE = 4;

    private static final Duration SLOW_ANSWER = Duration.ofMillis(2500);

    /** A call takes some 36 KB of heap, even if its client has gone; beyond this number the oldest is closed. */
    static final int MAX_UNANSWERED = 256;

    private static final Duration MAX_SILENCE = Duration.ofMinutes(10);

    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._~-]{1,128}");
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,255}");
    private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");
    private static final Pattern LIMIT = Pattern.compile("[0-9]{1,4}");
    private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private final Ledger ledger;
    private final Semaphore lists = new Semaphore(LISTS_AT_ONCE);
    private final Deque<CountDownLatch> unanswered = new ArrayDeque<>();
    private final CountDownLatch closing = new CountDownLatch(1);

    HttpApi(Ledger ledger) {
        this.ledger = ledger;
        Json.load();
    }

    private record Reply(int status, String json) {

        static Reply ok(String json) {
            return new Reply(200, json);
        }

        /** A refusal names its order; without the name, any other server could have sent it. */
        static Reply refused(Reason reason, UUID orderId) {
            return problem(HttpApi.status(reason), "reason", reason.name(), "orderId", orderId.toString());
        }

        static Reply problem(int status, String... membersAndValues) {
            var json = new StringBuilder("{\"title\":\"" + title(status) + "\",\"status\":" + status);
            for (int i = 0; i < membersAndValues.length; i += 2) {
                json.append(",\"%s\":\"%s\"".formatted(membersAndValues[i], membersAndValues[i + 1]));
            }
            return new Reply(status, json.append("}").toString());
        }

        private static String title(int status) {
            return switch (status) {
                case 400 -> "Bad Request";
                case 402 -> "Payment Required";
                case 404 -> "Not Found";
                case 405 -> "Method Not Allowed";
                case 409 -> "Conflict";
                case 410 -> "Gone";
                case 413 -> "Content Too Large";
                case 422 -> "Unprocessable Content";
                case 503 -> "Service Unavailable";
                default -> throw new IllegalArgumentException("no problem has status " + status);
            };
        }
    }

    /** The request cannot be served as it stands. */
    private static final class BadRequest extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final int status;
        private final String detail;

        BadRequest(int status, String detail) {
            super(detail);
            this.status = status;
            this.detail = detail;
        }
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Reply reply = reply(exchange);
        byte[] json = reply.json().getBytes(UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", reply.status() == 200 ? "application/json" : "application/problem+json");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(reply.status(), -1);
        } else {
            exchange.sendResponseHeaders(reply.status(), json.length);
            exchange.getResponseBody().write(json);
        }
        exchange.close();
    }

    private Reply reply(HttpExchange exchange) throws IOException {
        try {
            return route(exchange);
        } catch (BadRequest e) {
            return Reply.problem(e.status, "detail", e.detail);
        } catch (UncheckedIOException _) {
            // The journal logged the cause.
            return Reply.problem(503, "detail", "the journal is out of order; whether this was done is unknown");
        } catch (RuntimeException e) {
            System.getLogger(HttpApi.class.getName()).log(Level.ERROR, "a defect; the connection is closed", e);
            throw e;
        }
    }

    private Reply route(HttpExchange exchange) throws IOException {
        String[] segments = exchange.getRequestURI().getRawPath().substring(1).split("/", -1);
        String key = segments.length == 1 ? "" : segments[1];
        if (segments.length > 1) {
            segments[1] = "{key}";
        }
        return switch (String.join("/", segments)) {
            case "captures/{key}" -> capture(key, body(exchange, "PUT", "orderId", "amount", "token"));
            case "captures/{key}/void" -> undo(key, body(exchange, "POST", "orderId"));
            case "refunds/{key}" -> refund(key, body(exchange, "PUT", "orderId", "captureId", "amount"));
            case "movements" -> movements(query(exchange, "orderId"));
            case "statement" -> statement(query(exchange, "limit", "after"));
            case "health" -> health(query(exchange));
            default -> throw new BadRequest(404, "there is no such path");
        };
    }

    private Reply capture(String key, Map<String, Object> body) throws IOException {
        String token = matching(TOKEN, body.get("token"), "token");
        UUID orderId = id(body, "orderId");
        Answer answer = ledger.capture(checked(key), orderId, money(body), token);
        if (answer instanceof Booked(var _, boolean first) && first) {
            switch (TestToken.of(token)) {
                case SLOW -> await(closing, SLOW_ANSWER);
                case SILENT -> keepSilent();
                case VISA, DECLINED, INSUFFICIENT_FUNDS, UNAVAILABLE, FRAUD_LATER -> {}
            }
        }
        return reply(answer, orderId);
    }

    private Reply undo(String key, Map<String, Object> body) {
        UUID orderId = id(body, "orderId");
        return reply(ledger.undo(checked(key), orderId), orderId);
    }

    private Reply refund(String key, Map<String, Object> body) {
        UUID orderId = id(body, "orderId");
        return reply(ledger.refund(checked(key), orderId, id(body, "captureId"), money(body)), orderId);
    }

    private static Reply reply(Answer answer, UUID orderId) {
        return switch (answer) {
            case Booked(Movement movement, var _) -> named(orderId, "\"movement\":" + json(movement));
            case Undone(var capture, var movement) ->
                named(orderId, "\"undone\":" + json(capture) + ",\"movement\":" + json(movement));
            case Refused(Reason reason) -> Reply.refused(reason, orderId);
        };
    }

    private static Reply named(UUID orderId, String members) {
        return Reply.ok("{\"orderId\":\"" + orderId + "\"," + members + "}");
    }

    private static int status(Reason reason) {
        return switch (reason) {
            case CARD_DECLINED, INSUFFICIENT_FUNDS -> 402;
            case UNKNOWN_CAPTURE -> 404;
            case VOID_WINDOW_CLOSED, ALREADY_UNDONE, TOO_MANY_MOVEMENTS -> 409;
            case VOIDED -> 410;
            case CONTRADICTION -> 422;
            case UNAVAILABLE -> 503;
        };
    }

    private Reply movements(Map<String, Object> query) {
        UUID orderId = id(query, "orderId");
        return list(() -> named(orderId, "\"movements\":" + json(ledger.movements(orderId))));
    }

    private Reply statement(Map<String, Object> query) {
        UUID after = query.containsKey("after") ? id(query, "after") : null;
        int limit = query.containsKey("limit")
                ? Integer.parseInt(matching(LIMIT, query.get("limit"), "limit"))
                : DEFAULT_LIMIT;
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new BadRequest(400, "limit is 1 to " + MAX_LIMIT);
        }
        return list(() -> {
            Ledger.Page page = ledger.statement(after, limit);
            if (page == null) {
                return Reply.problem(404, "reason", "UNKNOWN_CURSOR");
            }
            String next = page.next() == null ? "null" : "\"" + page.next() + "\"";
            return Reply.ok("{\"movements\":" + json(page.movements()) + ",\"next\":" + next + "}");
        });
    }

    private Reply list(Supplier<Reply> listed) {
        lists.acquireUninterruptibly();
        try {
            return listed.get();
        } finally {
            lists.release();
        }
    }

    private Reply health(Map<String, Object> none) {
        ledger.check();
        return Reply.ok("{\"status\":\"UP\"}");
    }

    private static String json(List<Movement> movements) {
        return movements.stream().map(HttpApi::json).collect(Collectors.joining(",", "[", "]"));
    }

    /** No value of a movement needs escaping. */
    private static String json(@Nullable Movement movement) {
        return movement == null
                ? "null"
                : "{\"id\":\"" + movement.id()
                        + "\",\"key\":\"" + movement.key()
                        + "\",\"orderId\":\"" + movement.orderId()
                        + "\",\"kind\":\"" + movement.kind()
                        + "\",\"amount\":{\"amount\":" + movement.amount().amount()
                        + ",\"currency\":\"" + movement.amount().currency()
                        + "\"},\"at\":\"" + movement.at() + "\"}";
    }

    private static Map<String, Object> body(HttpExchange exchange, String method, String... names) throws IOException {
        requireMethod(exchange, method);
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
        if (body.length > MAX_BODY_BYTES) {
            throw new BadRequest(413, "a body has at most " + MAX_BODY_BYTES + " bytes");
        }
        try {
            return only(names, Json.readObject(body));
        } catch (Json.Malformed e) {
            throw new BadRequest(400, String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> query(HttpExchange exchange, String... names) {
        requireMethod(exchange, "GET");
        Map<String, Object> query = new HashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        if (raw != null && !raw.isEmpty()) {
            for (String parameter : raw.split("&", -1)) {
                String[] pair = parameter.split("=", 2);
                if (pair.length < 2 || query.put(pair[0], pair[1]) != null) {
                    throw new BadRequest(400, "the query is not a list of different name=value");
                }
            }
        }
        return only(names, query);
    }

    private static void requireMethod(HttpExchange exchange, String method) {
        if (!exchange.getRequestMethod().equals(method)) {
            exchange.getResponseHeaders().set("Allow", method);
            throw new BadRequest(405, "only " + method + " is served here");
        }
    }

    private static Map<String, Object> only(String[] names, Map<String, Object> given) {
        if (!List.of(names).containsAll(given.keySet())) {
            throw new BadRequest(400, "only these names are known here: " + List.of(names));
        }
        return given;
    }

    private static String checked(String key) {
        return matching(KEY, key, "the key");
    }

    private static UUID id(Map<String, Object> fields, String name) {
        return UUID.fromString(matching(ID, fields.get(name), name));
    }

    private static Money money(Map<String, Object> body) {
        if (body.get("amount") instanceof Map<?, ?> money
                && money.size() == 2
                && money.get("amount") instanceof Long amount) {
            String currency = matching(CURRENCY, money.get("currency"), "currency");
            try {
                return new Money(amount, currency);
            } catch (IllegalArgumentException _) {
                // The amount is out of range or the currency unknown: refused below.
            }
        }
        throw new BadRequest(
                400, "amount is {amount: 1 to " + Money.MAX_AMOUNT + " minor units, currency: ISO 4217 code}");
    }

    private static String matching(Pattern pattern, @Nullable Object value, String name) {
        if (value instanceof String text && pattern.matcher(text).matches()) {
            return text;
        }
        throw new BadRequest(400, name + " is missing or malformed");
    }

    private void keepSilent() throws IOException {
        var released = new CountDownLatch(1);
        synchronized (unanswered) {
            if (unanswered.size() == MAX_UNANSWERED) {
                unanswered.removeFirst().countDown();
            }
            unanswered.addLast(released);
        }
        await(released, MAX_SILENCE);
        synchronized (unanswered) {
            unanswered.remove(released);
        }
        // The JDK's server closes a connection without an answer only if the handler fails.
        throw new IOException("never answered");
    }

    private static void await(CountDownLatch latch, Duration bound) throws IOException {
        try {
            if (latch.await(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("stopped while waiting");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting");
        }
    }

    /** Ends the calls that wait. */
    @Override
    public void close() {
        closing.countDown();
        synchronized (unanswered) {
            unanswered.forEach(CountDownLatch::countDown);
        }
    }
}
