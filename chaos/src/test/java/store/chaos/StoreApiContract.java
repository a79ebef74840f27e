package store.chaos;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a store answers, whichever build it is: the public API, known by its address alone. Needs ten pieces of its first ten products, and
 * one product with fewer than a hundred.
 */
@Timeout(60)
public abstract class StoreApiContract {

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration FINAL_BOUND = Duration.ofSeconds(30);

    private final String key = UUID.randomUUID().toString();
    private String token = "";

    /** The store's public address. */
    protected abstract URI store();

    @BeforeEach
    void admitAGuest() throws Exception {
        token = guest();
    }

    // Guests and the catalogue

    @Test
    void aGuestStaysTheSameCustomer() throws Exception {
        var first = json(send(request("/api/guests").POST(BodyPublishers.noBody())));
        var again = json(send(request("/api/guests")
                .header("Authorization", "Bearer " + first.get("token").asString())
                .POST(BodyPublishers.noBody())));

        assertThat(again.get("customerId")).isEqualTo(first.get("customerId"));
        assertThat(guest()).isNotEqualTo(guest());
    }

    @Test
    void showsTheCatalogueWithItsAge() throws Exception {
        var all = json(send(request("/api/products")));
        var one = json(send(request("/api/products/sku-001")));

        assertThat(all.get("products").size()).isEqualTo(50);
        assertThat(all.get("stale").asBoolean()).isFalse();
        assertThat(all.get("asOf").asString()).endsWith("Z");
        assertThat(one.get("name")).isEqualTo(all.at("/products/0/name"));
        assertThat(one.propertyNames())
                .containsExactlyInAnyOrder("sku", "name", "description", "price", "available", "asOf", "stale");
        assertProblem(send(request("/api/products/sku-000")), 404, "not-found");
    }

    // The checkout

    @Test
    void confirmsAnOrderOnceAndRepeatsItsBytes() throws Exception {
        var product = json(send(request("/api/products/sku-001")));
        var first = place(key, order("sku-001", 2, "tok_visa"));
        var again = place(key, order("sku-001", 2, "tok_visa"));

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(first.headers().firstValue("Idempotent-Replayed")).isEmpty();
        assertThat(json(first).get("status").asString()).isEqualTo("CONFIRMED");
        assertThat(json(first).get("reason").isNull()).isTrue();
        assertThat(json(first).at("/lines/0/name")).isEqualTo(product.get("name"));
        assertThat(json(first).at("/lines/0/unitPrice")).isEqualTo(product.get("price"));
        assertThat(json(first).at("/total/amount").asLong())
                .isEqualTo(2 * product.at("/price/amount").asLong());
        assertReplay(again, first);
        assertThat(again.headers().firstValue("Location")).hasValue("/api/orders/" + id(first));
        assertThat(first.headers().firstValue("Location")).hasValue("/api/orders/" + id(first));
        assertThat(send(authorised("/api/orders/" + id(first))).body()).isEqualTo(first.body());
        assertThat(json(send(request("/api/products/sku-001"))).get("available").asInt())
                .isLessThan(product.get("available").asInt());
    }

    @Test
    void sumsEqualProducts() throws Exception {
        var line = "{\"sku\":\"sku-002\",\"quantity\":1}";
        var twice = order("sku-002", 2, "tok_visa").replaceFirst("\\[.*]", "[" + line + "," + line + "]");
        var placed = place(key, twice);

        assertThat(placed.statusCode()).isEqualTo(201);
        assertThat(json(placed).get("lines").size()).isEqualTo(1);
        assertReplay(place(key, order("sku-002", 2, "tok_visa")), placed);
    }

    @ParameterizedTest
    @CsvSource({
        "tok_declined, CARD_DECLINED",
        "tok_insufficient_funds, INSUFFICIENT_FUNDS",
        "tok_unheard_of, CARD_DECLINED"
    })
    void aDeclinedCardIsAnAnswer(String card, String reason) throws Exception {
        var declined = place(key, order("sku-002", 1, card));

        assertProblem(declined, 402, "payment-declined");
        assertReplay(place(key, order("sku-002", 1, card)), declined);
        assertOrder(declined, "DECLINED", reason);
    }

    @Test
    void rejectsWhatCannotBeSold() throws Exception {
        var scarce = json(send(request("/api/products")))
                .get("products")
                .valueStream()
                .min(Comparator.comparingInt(product -> product.get("available").asInt()))
                .orElseThrow();
        var unknown = place(key, order("sku-000", 1, "tok_visa", 1));
        var outOfStock = place(
                key + "2",
                order(scarce.get("sku").asString(), scarce.get("available").asInt() + 1, "tok_visa", 1));
        var otherPrice = place(key + "3", order("sku-002", 1, "tok_visa", 1));

        assertProblem(unknown, 409, "unknown-product");
        assertOrder(unknown, "REJECTED", "UNKNOWN_PRODUCT");
        assertProblem(outOfStock, 409, "out-of-stock");
        assertThat(assertOrder(outOfStock, "REJECTED", "OUT_OF_STOCK")
                        .get("total")
                        .isNull())
                .isTrue();
        assertProblem(otherPrice, 409, "price-changed");
        assertThat(assertOrder(otherPrice, "REJECTED", "PRICE_CHANGED")
                        .at("/total/amount")
                        .asLong())
                .isGreaterThan(1);
        assertReplay(place(key + "3", order("sku-002", 1, "tok_visa", 1)), otherPrice);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_slow", "tok_silent", "tok_unavailable"})
    void anAmbiguousPaymentIsAStateThatEndsWithoutAnyoneAskingAgain(String card) throws Exception {
        var pending = place(key, order("sku-003", 1, card));

        assertThat(pending.statusCode()).isEqualTo(202);
        assertThat(pending.headers().firstValue("Retry-After")).isPresent();
        assertThat(json(pending).get("status").asString()).isEqualTo("PENDING");
        assertThat(json(pending).get("reason").asString()).isEqualTo("AWAITING_PAYMENT");
        assertThat(json(pending).get("total").isNull()).isFalse();
        awaitStatus(id(pending), "CONFIRMED");
        var final_ = place(key, order("sku-003", 1, card));
        assertThat(final_.statusCode()).isEqualTo(201);
        assertReplay(place(key, order("sku-003", 1, card)), final_);
    }

    @Test
    void cancelsWhileThePaymentIsPending() throws Exception {
        var pending = place(key, order("sku-004", 1, "tok_unavailable"));
        var cancelled = cancel(id(pending));

        assertThat(cancelled.statusCode()).isIn(200, 202);
        awaitStatus(id(pending), "CANCELLED");
        assertThat(cancel(id(pending)).statusCode()).isEqualTo(200);
        var repeated = place(key, order("sku-004", 1, "tok_unavailable"));
        assertProblem(repeated, 409, "order-cancelled");
        assertReplay(place(key, order("sku-004", 1, "tok_unavailable")), repeated);
    }

    @Test
    void aFinalOrderCannotBeCancelled() throws Exception {
        var confirmed = place(key, order("sku-001", 1, "tok_visa"));

        assertProblem(cancel(id(confirmed)), 409, "order-final");
        assertThat(send(authorised("/api/orders/" + id(confirmed))).body()).isEqualTo(confirmed.body());
    }

    @Test
    void aKeyStandsForOneCheckout() throws Exception {
        var first = place(key, order("sku-001", 1, "tok_visa"));

        assertProblem(place(key, order("sku-001", 2, "tok_visa")), 422, "key-reused");
        assertProblem(place(key, order("sku-001", 1, "tok_declined")), 422, "key-reused");
        assertReplay(place(key, order("sku-001", 1, "tok_visa")), first);
        token = guest(); // for whom the key is new
        assertThat(id(place(key, order("sku-001", 1, "tok_visa")))).isNotEqualTo(id(first));
    }

    @Test
    void twentyPostsOfOneKeyPlaceOneOrder() throws Exception {
        var body = order("sku-005", 1, "tok_visa");
        List<Callable<HttpResponse<byte[]>>> posts = new ArrayList<>();
        for (var post = 0; post < 20; post++) {
            posts.add(() -> place(key, body));
        }
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var answer : clients.invokeAll(posts)) {
                if (answer.get().statusCode() == 409) {
                    assertProblem(answer.get(), 409, "key-in-flight");
                    assertThat(answer.get().headers().firstValue("Retry-After")).hasValue("1");
                } else {
                    assertThat(answer.get().statusCode()).isIn(201, 202);
                }
            }
        }
        assertThat(json(send(authorised("/api/orders"))).get("orders").size()).isEqualTo(1);
    }

    @Test
    void ordersBelongToTheTokensCustomer() throws Exception {
        var id = id(place(key, order("sku-001", 1, "tok_visa")));
        var stranger = guest();

        for (var path : List.of("/api/orders/" + id, "/api/orders/0197a000-0000-7000-8000-000000000000")) {
            assertProblem(send(request(path).header("Authorization", "Bearer " + stranger)), 404, "not-found");
        }
        assertProblem(
                send(request("/api/orders/" + id + "/cancel")
                        .header("Authorization", "Bearer " + stranger)
                        .POST(BodyPublishers.noBody())),
                404,
                "not-found");
    }

    @Test
    void pagesThroughACustomersOrdersNewestFirst() throws Exception {
        List<String> placed = new ArrayList<>();
        for (var order = 0; order < 5; order++) {
            placed.addFirst(id(place(key + order, order("sku-001", 1, "tok_visa"))));
        }
        List<String> paged = new ArrayList<>();
        var after = "";
        do {
            var page = json(send(authorised("/api/orders?limit=2" + after)));
            page.get("orders").forEach(order -> paged.add(order.get("id").asString()));
            after = page.get("next").isNull()
                    ? ""
                    : "&after=" + page.get("next").asString();
        } while (!after.isEmpty());

        assertThat(paged).isEqualTo(placed);
        for (var bad : List.of("limit=0", "limit=101", "limit=x", "after=x")) {
            assertProblem(send(authorised("/api/orders?" + bad)), 400, "invalid-request");
        }
    }

    // What is refused without asking anyone

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

    @Test
    void refusesWhatIsNotAnOrderAndForgetsIt() throws Exception {
        var form = authorised("/api/orders")
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("token=tok_visa&%zz"));
        var good = order("sku-001", 1, "tok_visa");

        assertProblem(send(form), 415, "invalid-request");
        var twoKeys = authorised("/api/orders")
                .header("Idempotency-Key", key)
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(good));
        assertProblem(send(twoKeys), 400, "invalid-request");
        for (var bad : List.of(
                "{",
                good.replace("\"lines\"", "\"lions\":1,\"lines\""),
                good.replace("\"quantity\":1", "\"quantity\":1.5"),
                good.replace("\"quantity\":1", "\"quantity\":101"),
                good.replace("tok_visa", "tok \u00fc"))) {
            assertProblem(place(key, bad), 400, "invalid-request");
        }
        var field = json(place(key, good.replace("\"quantity\":1", "\"quantity\":0")));
        assertThat(field.at("/errors/0/field").asString()).isEqualTo("lines[0].quantity");
        assertProblem(place("k".repeat(256), good), 400, "invalid-request");
        assertThat(place(key, good).statusCode()).isEqualTo(201);
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
        var padded = (blanks + order("sku-001", 1, "tok_visa")).getBytes(ISO_8859_1);

        assertProblem(place(key, BodyPublishers.ofByteArray(tooLong)), 413, "invalid-request");
        assertProblem(place(key, chunked(tooLong)), 413, "invalid-request");
        assertThat(place(key, chunked(padded)).statusCode()).isEqualTo(201);
        assertThat(raw("POST /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token
                        + "\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("invalid-request");
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

    private String guest() throws Exception {
        return json(send(request("/api/guests").POST(BodyPublishers.noBody())))
                .get("token")
                .asString();
    }

    /** At the price that the catalogue shows. */
    private String order(String sku, int quantity, String card) throws Exception {
        var price =
                json(send(request("/api/products/" + sku))).at("/price/amount").asLong();
        return order(sku, quantity, card, quantity * price);
    }

    private static String order(String sku, int quantity, String card, long total) {
        return "{\"lines\":[{\"sku\":\"%s\",\"quantity\":%d}],\"payment\":{\"token\":\"%s\"},"
                        .formatted(sku, quantity, card)
                + "\"expectedTotal\":{\"amount\":%d,\"currency\":\"EUR\"}}".formatted(total);
    }

    private HttpResponse<byte[]> place(String key, String body) throws Exception {
        return place(key, BodyPublishers.ofString(body));
    }

    private HttpResponse<byte[]> place(String key, BodyPublisher body) throws Exception {
        return send(authorised("/api/orders")
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json")
                .POST(body));
    }

    private HttpResponse<byte[]> cancel(String order) throws Exception {
        return send(authorised("/api/orders/" + order + "/cancel").POST(BodyPublishers.noBody()));
    }

    private static BodyPublisher chunked(byte[] body) {
        return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
    }

    private static String id(HttpResponse<byte[]> order) {
        return json(order).get("id").asString();
    }

    private void awaitStatus(String order, String status) {
        await().atMost(FINAL_BOUND)
                .until(
                        () -> json(send(authorised("/api/orders/" + order)))
                                .get("status")
                                .asString(),
                        status::equals);
    }

    private HttpRequest.Builder authorised(String target) {
        return request(target).header("Authorization", "Bearer " + token);
    }

    private HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(store().resolve(target));
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofByteArray());
    }

    private String raw(String request) throws IOException {
        try (var socket = new Socket(store().getHost(), store().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    private static JsonNode json(HttpResponse<byte[]> answer) {
        return JSON.readTree(answer.body());
    }

    private static void assertReplay(HttpResponse<byte[]> again, HttpResponse<byte[]> first) {
        assertThat(again.statusCode()).isEqualTo(first.statusCode());
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("Idempotent-Replayed")).hasValue("true");
        assertThat(again.headers().firstValue("Content-Type"))
                .isEqualTo(first.headers().firstValue("Content-Type"));
    }

    /** The order that a problem names. */
    private JsonNode assertOrder(HttpResponse<byte[]> problem, String status, String reason) throws Exception {
        var order = json(
                send(authorised("/api/orders/" + json(problem).get("orderId").asString())));
        assertThat(order.get("status").asString()).isEqualTo(status);
        assertThat(order.get("reason").asString()).isEqualTo(reason);
        return order;
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

    private void assertMethods(String path, String method, String allowed) throws Exception {
        var answer = send(authorised(path).method(method, BodyPublishers.noBody()));
        assertProblem(answer, 405, "method-not-allowed");
        assertThat(answer.headers().firstValue("Allow").orElseThrow().replace(" ", ""))
                .isEqualTo(allowed);
    }
}
