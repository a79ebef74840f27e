package store.monolith;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The store as one process, over the API that the gateway has in the other build. */
@Timeout(60)
class MonolithIT {

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration BOUND = Duration.ofSeconds(20);

    private static int port;
    private static String token;

    private final String key = UUID.randomUUID().toString();

    @BeforeAll
    static void admitAGuest() throws Exception {
        port = localPort("server");
        token = guest();
    }

    // The checkout

    @Test
    void confirmsAnOrderOnceAndRepeatsItsBytes() throws Exception {
        var cup = json(send(request("/api/products/sku-001")));
        var first = place(key, order("sku-001", 2, "tok_visa", 1380));
        var again = place(key, order("sku-001", 2, "tok_visa", 1380));

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(json(first).get("status").asString()).isEqualTo("CONFIRMED");
        assertThat(json(first).at("/lines/0/name")).isEqualTo(cup.get("name"));
        assertThat(json(first).at("/total/amount").asLong()).isEqualTo(1380);
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("Idempotent-Replayed")).hasValue("true");
        assertThat(again.headers().firstValue("Location")).hasValue("/api/orders/" + id(first));
        assertThat(kindsMovedFor(id(first))).containsExactly("CAPTURE");
        awaitReservation(id(first), "COMMITTED");
        assertThat(json(send(request("/api/products/sku-001"))).get("available").asInt())
                .isLessThan(cup.get("available").asInt());
    }

    @Test
    void declinesAndReleases() throws Exception {
        var declined = place(key, order("sku-002", 1, "tok_declined", price("sku-002")));

        assertProblem(declined, 402, "payment-declined");
        assertThat(place(key, order("sku-002", 1, "tok_declined", price("sku-002")))
                        .body())
                .isEqualTo(declined.body());
        var id = json(declined).get("orderId").asString();
        assertThat(kindsMovedFor(id)).isEmpty();
        awaitReservation(id, "RELEASED");
    }

    @Test
    void rejectsWhatCannotBeSold() throws Exception {
        assertProblem(place(key, order("sku-000", 1, "tok_visa", 1)), 409, "unknown-product");
        assertProblem(place(key + "2", order("sku-002", 1, "tok_visa", 1)), 409, "price-changed");
        assertProblem(place(key + "3", order("sku-050", 21, "tok_visa", 1)), 409, "out-of-stock");
    }

    @Test
    void anAmbiguousPaymentStaysPendingAndIsChargedOnce() throws Exception {
        var pending = place(key, order("sku-003", 1, "tok_silent", price("sku-003")));

        assertThat(pending.statusCode()).isEqualTo(202);
        assertThat(pending.headers().firstValue("Retry-After")).isPresent();
        assertThat(json(pending).get("reason").asString()).isEqualTo("AWAITING_PAYMENT");
        awaitStatus(id(pending), "CONFIRMED");
        awaitReservation(id(pending), "COMMITTED");
        assertThat(kindsMovedFor(id(pending))).containsExactly("CAPTURE");
        assertThat(place(key, order("sku-003", 1, "tok_silent", price("sku-003")))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void cancelsWhileThePaymentIsPending() throws Exception {
        var pending = place(key, order("sku-004", 1, "tok_unavailable", price("sku-004")));
        var cancelled =
                send(authorised("/api/orders/" + id(pending) + "/cancel").POST(BodyPublishers.noBody()));

        assertThat(cancelled.statusCode()).isIn(200, 202);
        awaitStatus(id(pending), "CANCELLED");
        awaitReservation(id(pending), "RELEASED");
        assertThat(kindsMovedFor(id(pending))).isIn(List.of(), List.of("CAPTURE", "VOID"));
    }

    @Test
    void ordersBelongToTheTokensCustomer() throws Exception {
        var id = id(place(key, order("sku-001", 1, "tok_visa", 690)));
        var stranger = request("/api/orders/" + id).header("Authorization", "Bearer " + guest());

        assertThat(send(authorised("/api/orders/" + id)).statusCode()).isEqualTo(200);
        assertThat(send(authorised("/api/orders?limit=1")).statusCode()).isEqualTo(200);
        assertProblem(send(stranger), 404, "not-found");
    }

    // A database that fails

    @Test
    void promisesNothingThatIsNotRecorded() throws Exception {
        RunningMonolith.withoutConnections(() -> {
            var refused = place(key, order("sku-001", 1, "tok_visa", 690));
            assertProblem(refused, 503, "not-accepted");
            assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
            assertProblem(send(request("/api/products")), 503, "unavailable");
            assertProblem(send(authorised("/api/orders")), 503, "unavailable");
        });
        RunningMonolith.withoutAccessTo(
                "orders.orders",
                () -> assertProblem(place(key, order("sku-001", 1, "tok_visa", 690)), 504, "outcome-unknown"));
        assertThat(place(key, order("sku-001", 1, "tok_visa", 690)).statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inventory.reservation", "payments.payment"})
    void acceptsAnOrderWhileAnotherModulesTableIsOutOfReach(String table) throws Exception {
        RunningMonolith.withoutAccessTo(table, () -> {
            var pending = place(key, order("sku-005", 1, "tok_visa", price("sku-005")));
            assertThat(pending.statusCode()).isEqualTo(202);
        });
        var id = id(place(key, order("sku-005", 1, "tok_visa", price("sku-005"))));
        awaitStatus(id, "CONFIRMED");
        assertThat(kindsMovedFor(id)).containsExactly("CAPTURE");
    }

    // The edge, as the gateway has it

    @Test
    void asksForATokenWhereOrdersAre() throws Exception {
        var none = send(request("/api/orders").POST(BodyPublishers.ofByteArray(new byte[1 << 20])));
        var bad = send(request("/api/orders/1").header("Authorization", "Bearer " + token + "x"));

        assertProblem(none, 401, "unauthenticated");
        assertThat(none.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertProblem(bad, 401, "unauthenticated");
        assertThat(bad.headers().firstValue("WWW-Authenticate")).hasValue("Bearer error=\"invalid_token\"");
        assertThat(send(request("/api/products").header("Authorization", "Bearer stale"))
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/api/",
                "/api/products/",
                "/api/products/a/b",
                "/api/orders/",
                "/api/orders/1/void",
                "/API/products",
                "/reservations/0197a000-0000-7000-8000-000000000000",
                "/payments/0197a000-0000-7000-8000-000000000000",
                "/actuator",
                "/actuator/health",
                "/error",
                "/index.html"
            })
    void exposesNothingElse(String path) throws Exception {
        for (var method : List.of("GET", "PUT", "POST")) {
            assertProblem(send(authorised(path).method(method, BodyPublishers.noBody())), 404, "not-found");
        }
    }

    @Test
    void namesTheMethodsOfAResource() throws Exception {
        assertMethods("/api/guests", "GET", "POST");
        assertMethods("/api/products", "POST", "GET,HEAD");
        assertMethods("/api/products/a", "PUT", "GET,HEAD");
        assertMethods("/api/orders", "DELETE", "GET,HEAD,POST");
        assertMethods("/api/orders/1", "PATCH", "GET,HEAD");
        assertMethods("/api/orders/1/cancel", "GET", "POST");
    }

    @Test
    void boundsTheBody() throws Exception {
        var tooLong = new byte[(64 << 10) + 1];
        var blanks = " ".repeat((64 << 10) - 200);

        assertProblem(place(key, BodyPublishers.ofByteArray(tooLong)), 413, "invalid-request");
        assertProblem(place(key, chunked(tooLong)), 413, "invalid-request");
        assertThat(place(key, chunked((blanks + order("sku-001", 1, "tok_visa", 690)).getBytes(ISO_8859_1)))
                        .statusCode())
                .isEqualTo(201);
        assertThat(raw("POST /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token
                        + "\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("invalid-request");
    }

    @Test
    void refusesWhatIsNotAnOrder() throws Exception {
        var form = authorised("/api/orders")
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("token=tok_visa&%zz"));

        assertProblem(send(form), 415, "invalid-request");
        for (var bad : List.of(
                "{",
                order("sku-001", 1, "tok_visa", 690).replace("\"lines\"", "\"lions\":1,\"lines\""),
                order("sku-001", 1, "tok_visa", 690).replace("\"quantity\":1", "\"quantity\":1.5"),
                order("sku-001", 1, "tok \u00fc", 690))) {
            assertProblem(place(key, bad), 400, "invalid-request");
        }
        assertProblem(place("k".repeat(256), order("sku-001", 1, "tok_visa", 690)), 400, "invalid-request");
        assertProblem(send(authorised("/api/orders?limit=x")), 400, "invalid-request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/products/../../reservations/1",
                "/api/products/..;/..;/reservations/1",
                "/api//products",
                "/api/products/a;b=c",
                "/api/products/%00",
                "/api/products/%zz",
                "/api/products/{a}",
                "/api/products?a=%zz",
                "/api/products?&&="
            })
    void refusesTargetsThatPlayTricks(String target) throws Exception {
        assertThat(raw("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .containsIgnoringCase("Content-Type: application/problem+json")
                .contains("\"type\":\"https://checkout-store.example/problems/invalid-request\"");
    }

    @Test
    void givesEveryRequestAnId() throws Exception {
        assertThat(send(request("/api/products").header("X-Request-Id", "this-one"))
                        .headers()
                        .allValues("X-Request-Id"))
                .containsExactly("this-one");
        assertThat(UUID.fromString(send(request("/nothing").header("X-Request-Id", "two words"))
                                .headers()
                                .firstValue("X-Request-Id")
                                .orElseThrow())
                        .version())
                .isEqualTo(7);
    }

    // The composition

    @Test
    void isOneProcessWithOnePool() throws Exception {
        assertThat(RunningMonolith.CONTEXT.getBeansOfType(DataSource.class)).hasSize(1);
        assertThat(RunningMonolith.CONTEXT.getBean(HikariDataSource.class).getMaximumPoolSize())
                .as("as many as the three services have together")
                .isEqualTo(30);
        assertThat(ClassUtils.isPresent(
                        "org.springframework.cloud.gateway.server.mvc.GatewayServerMvcAutoConfiguration", null))
                .as("the gateway's routes are not on the class path")
                .isFalse();
        for (var probe : List.of("liveness", "readiness")) {
            var management = URI.create("http://127.0.0.1:" + localPort("management") + "/actuator/health/" + probe);
            assertThat(send(HttpRequest.newBuilder(management)).statusCode()).isEqualTo(200);
        }
    }

    private static int localPort(String name) {
        var environment = RunningMonolith.CONTEXT.getEnvironment();
        return environment.getRequiredProperty("local." + name + ".port", Integer.class);
    }

    private static String guest() throws Exception {
        return json(send(request("/api/guests").POST(BodyPublishers.noBody())))
                .get("token")
                .asString();
    }

    private static String order(String sku, int quantity, String card, long total) {
        return "{\"lines\":[{\"sku\":\"%s\",\"quantity\":%d}],\"payment\":{\"token\":\"%s\"},"
                        .formatted(sku, quantity, card)
                + "\"expectedTotal\":{\"amount\":%d,\"currency\":\"EUR\"}}".formatted(total);
    }

    private static long price(String sku) throws Exception {
        return json(send(request("/api/products/" + sku))).at("/price/amount").asLong();
    }

    private static HttpResponse<byte[]> place(String key, String body) throws Exception {
        return place(key, BodyPublishers.ofString(body));
    }

    private static HttpResponse<byte[]> place(String key, BodyPublisher body) throws Exception {
        return send(authorised("/api/orders")
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json")
                .POST(body));
    }

    private static BodyPublisher chunked(byte[] body) {
        return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
    }

    private static String id(HttpResponse<byte[]> order) {
        return json(order).get("id").asString();
    }

    private static void awaitStatus(String order, String status) {
        await().atMost(BOUND)
                .until(
                        () -> json(send(authorised("/api/orders/" + order)))
                                .get("status")
                                .asString(),
                        status::equals);
    }

    /** Until inventory has settled what was decided, and the order has nothing left to do there. */
    private static void awaitReservation(String order, String state) {
        await().atMost(BOUND).until(() -> {
            try (var connection = RunningMonolith.connect();
                    var query = connection.prepareStatement("select state from inventory.reservation where order_id ="
                            + " cast(? as uuid) and order_id not in (select order_id from orders.settlement)")) {
                query.setString(1, order);
                var found = query.executeQuery();
                return found.next() && found.getString(1).equals(state);
            }
        });
    }

    /** What the acquirer's own record says has moved for {@code order}. */
    private static List<String> kindsMovedFor(String order) throws Exception {
        var acquirer =
                "http://127.0.0.1:" + RunningMonolith.SURROUNDINGS.acquirer().port();
        var statement = json(send(HttpRequest.newBuilder(URI.create(acquirer + "/statement?limit=1000"))));
        return statement
                .get("movements")
                .valueStream()
                .filter(movement -> movement.get("orderId").asString().equals(order))
                .map(movement -> movement.get("kind").asString())
                .toList();
    }

    private static HttpRequest.Builder authorised(String target) {
        return request(target).header("Authorization", "Bearer " + token);
    }

    private static HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target));
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofByteArray());
    }

    private static String raw(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    private static JsonNode json(HttpResponse<byte[]> answer) {
        return JSON.readTree(answer.body());
    }

    private static void assertProblem(HttpResponse<byte[]> answer, int status, String name) {
        assertThat(answer.statusCode())
                .as(new String(answer.body(), ISO_8859_1))
                .isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.headers().firstValue("X-Request-Id")).isPresent();
        var problem = json(answer);
        assertThat(problem.get("type").asString()).isEqualTo("https://checkout-store.example/problems/" + name);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(Stream.of("title", "detail")).allMatch(problem::has);
    }

    private static void assertMethods(String path, String method, String allowed) throws Exception {
        var answer = send(authorised(path).method(method, BodyPublishers.noBody()));
        assertProblem(answer, 405, "method-not-allowed");
        assertThat(answer.headers().firstValue("Allow").orElseThrow().replace(" ", ""))
                .isEqualTo(allowed);
    }
}
