package store.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import store.edge.TestKeys;
import store.resilience.BoundedHttpClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway in front of services that answer, cannot be reached, stay silent, or break off. */
@Timeout(60)
class GatewayIT {

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String ORDER = "{\"lines\":[]}";

    /** Ends every misbehaviour when the test class ends. */
    private static final CountDownLatch over = new CountDownLatch(1);

    private static StubPeer orders;
    private static StubPeer inventory;
    private static ConfigurableApplicationContext gateway;
    private static int port;
    private static String token;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        TestKeys.generate().writeTo(directory);
        orders = new StubPeer();
        inventory = new StubPeer();
        gateway = GatewayApplication.start(
                "--server.port=0",
                "--management.server.port=0",
                "--store.edge.order-address=" + orders.url(),
                "--store.edge.inventory-address=" + inventory.url(),
                "--store.edge.guest-private-key=file:" + directory.resolve("private.pem"),
                "--store.edge.guest-public-key=file:" + directory.resolve("public.pem"),
                "--store.edge.change-timeout=600ms",
                "--store.edge.order-read-timeout=400ms",
                "--store.edge.catalogue-timeout=400ms");
        port = gateway.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        token = json(send(request("/api/guests").POST(BodyPublishers.noBody())))
                .get("token")
                .asString();
    }

    @AfterAll
    static void stop() {
        over.countDown();
        gateway.close();
        orders.close();
        inventory.close();
    }

    @BeforeEach
    void wellBehaved() {
        for (var peer : List.of(orders, inventory)) {
            peer.asked.clear();
            peer.behave(answer(200, "{}"));
        }
    }

    // Guests and identity

    @Test
    void admitsAGuestAndKnowsItAgain() throws Exception {
        var first = send(request("/api/guests").POST(BodyPublishers.noBody()));
        var guest = json(first);
        var again = send(request("/api/guests")
                .header("Authorization", "Bearer " + guest.get("token").asString())
                .POST(BodyPublishers.noBody()));

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(first.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(UUID.fromString(guest.get("customerId").asString()).version())
                .isEqualTo(7);
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(json(again).get("customerId")).isEqualTo(guest.get("customerId"));
        assertThat(first.headers().map()).doesNotContainKey("Set-Cookie");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer nonsense", "Bearer", "Basic dTpw", ""})
    void refusesToRenewWhateverIsNotAToken(String authorization) throws Exception {
        var answer = send(
                request("/api/guests").header("Authorization", authorization).POST(BodyPublishers.noBody()));

        assertProblem(answer, 401, "unauthenticated");
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer error=\"invalid_token\"");
    }

    @Test
    void ordersNeedAToken() throws Exception {
        var none = send(request("/api/orders").POST(BodyPublishers.ofString(ORDER)));
        var bad = send(request("/api/orders/1").header("Authorization", "Bearer " + token + "x"));
        var other = send(request("/api/orders/1/anything").header("Authorization", "Basic dTpw"));

        assertProblem(none, 401, "unauthenticated");
        assertThat(none.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertProblem(bad, 401, "unauthenticated");
        assertThat(bad.headers().firstValue("WWW-Authenticate")).hasValue("Bearer error=\"invalid_token\"");
        assertProblem(other, 401, "unauthenticated");
        assertThat(orders.asked).isEmpty();
    }

    @Test
    void productsNeedNoneAndAStaleOneIsNotInTheWay() throws Exception {
        var answer = send(request("/api/products").header("Authorization", "Bearer stale"));

        assertThat(answer.statusCode()).isEqualTo(200);
    }

    // Passing on

    @Test
    void passesAnOrderOnAsItCame() throws Exception {
        send(order("{\"a\":\"ü\"}")
                .header("Idempotency-Key", "key-1")
                .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .header("tracestate", "a=1")
                .header("X-Request-Id", "request-1"));

        var asked = orders.asked.getFirst();
        assertThat(asked.method()).isEqualTo("POST");
        assertThat(asked.target()).isEqualTo("/api/orders");
        assertThat(asked.body()).isEqualTo("{\"a\":\"ü\"}".getBytes(UTF_8));
        assertThat(asked.headers())
                .containsEntry("Authorization", List.of("Bearer " + token))
                .containsEntry("Content-type", List.of("application/json"))
                .containsEntry("Idempotency-key", List.of("key-1"))
                .containsEntry("Traceparent", List.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
                .containsEntry("Tracestate", List.of("a=1"))
                .containsEntry("X-request-id", List.of("request-1"))
                .containsEntry("Host", List.of("127.0.0.1:" + orders.port()))
                .doesNotContainKeys("Upgrade", "Http2-settings");
        assertThat(orders.asked).hasSize(1);
    }

    @Test
    void passesTheQueryOn() throws Exception {
        send(request("/api/orders?limit=2&after=a%26b%20c").header("Authorization", "Bearer " + token));

        assertThat(orders.asked.getFirst().target()).isEqualTo("/api/orders?limit=2&after=a%26b%20c");
    }

    @Test
    void doesNotLetCallersSpeakForTheInside() throws Exception {
        raw("GET /api/products/a HTTP/1.1\r\nHost: x\r\nConnection: close, Accept\r\nX-Deadline-Remaining-Ms: 1\r\n"
                + "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil\r\nTE: trailers\r\n"
                + "Keep-Alive: timeout=99\r\nProxy-Authorization: x\r\nCookie: a=b\r\nX-Anything: 1\r\n\r\n");

        assertThat(inventory.asked.getFirst().headers().keySet())
                .containsExactlyInAnyOrder("Host", "User-agent", "X-request-id");
    }

    @Test
    void passesFormsOnWithoutReadingThem() throws Exception {
        send(request("/api/orders")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("token=tok_visa&%zz")));

        assertThat(orders.asked.getFirst().target()).isEqualTo("/api/orders");
        assertThat(orders.asked.getFirst().body()).isEqualTo("token=tok_visa&%zz".getBytes(UTF_8));
    }

    @Test
    void passesAnswersThroughByteForByte() throws Exception {
        var bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        orders.behave(exchange -> {
            var headers = exchange.getResponseHeaders();
            headers.set("Content-Type", "application/problem+json;charset=utf-8");
            headers.set("Location", "/api/orders/42");
            headers.set("Retry-After", "7");
            headers.set("Idempotent-Replayed", "true");
            headers.set("X-Request-Id", "not-this-one");
            headers.set("Keep-Alive", "timeout=3");
            exchange.sendResponseHeaders(202, bytes.length);
            exchange.getResponseBody().write(bytes);
        });

        var answer = send(order(ORDER).header("X-Request-Id", "this-one"));

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo(bytes);
        assertThat(answer.headers().map())
                .containsEntry("content-type", List.of("application/problem+json;charset=utf-8"))
                .containsEntry("content-length", List.of("100000"))
                .containsEntry("location", List.of("/api/orders/42"))
                .containsEntry("retry-after", List.of("7"))
                .containsEntry("idempotent-replayed", List.of("true"))
                .containsEntry("x-request-id", List.of("this-one"))
                .doesNotContainKey("keep-alive");
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 302, 304, 404, 409, 500, 503})
    void passesEveryStatusThrough(int status) throws Exception {
        orders.behave(exchange -> {
            exchange.getResponseHeaders().set("Location", inventory.url());
            exchange.getResponseHeaders().set("Content-Type", "application/problem+json");
            exchange.sendResponseHeaders(status, -1);
        });

        var answer = send(order(ORDER));

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).isEmpty();
        assertThat(orders.asked).hasSize(1);
        assertThat(inventory.asked).isEmpty();
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        inventory.behave(exchange -> {
            exchange.getResponseHeaders().set("Content-Length", "17");
            exchange.sendResponseHeaders(200, -1);
        });

        var answer = send(request("/api/products").HEAD());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Length")).hasValue("17");
        assertThat(inventory.asked.getFirst().method()).isEqualTo("HEAD");
    }

    @Test
    void givesEveryRequestAnId() throws Exception {
        for (var given : new String[] {"", "two words", "x".repeat(129), "a\"b", "a;b"}) {
            var answer = send(request("/api/products").header("X-Request-Id", given));
            var id = answer.headers().firstValue("X-Request-Id").orElseThrow();

            assertThat(UUID.fromString(id).version()).isEqualTo(7);
            assertThat(inventory.asked.getLast().headers().get("X-Request-Id")).containsExactly(id);
        }
        assertThat(send(request("/nothing")).headers().firstValue("X-Request-Id"))
                .isPresent();
    }

    // Peers that fail

    @Test
    void saysThatAnOrderWasNotAcceptedWhenNobodyListens() throws Exception {
        orders.away(() -> {
            for (var change : changes()) {
                assertNotAccepted(send(change));
            }
            assertUnavailable(send(readOrder()));
        });
        inventory.away(() -> assertUnavailable(send(request("/api/products"))));
    }

    @Test
    void saysTheSameWhenNoConnectionComesAboutInTime() throws Exception {
        orders.away(() -> {
            var fillers = new ArrayList<SocketChannel>();
            try (var _ = new ServerSocket(orders.port(), 1, InetAddress.getLoopbackAddress())) {
                for (var i = 0; i < 8; i++) { // nothing accepts, so the queue fills up and further attempts hang
                    var filler = SocketChannel.open();
                    filler.configureBlocking(false);
                    filler.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), orders.port()));
                    fillers.add(filler);
                }
                assertNotAccepted(send(order(ORDER)));
                assertUnavailable(send(readOrder()));
            } finally {
                for (var filler : fillers) {
                    filler.close();
                }
            }
        });
    }

    static Stream<Named<HttpHandler>> misbehaviours() {
        return Stream.of(
                Named.of("silent", exchange -> pause(30)),
                Named.of("trickling", exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    for (var i = 0; i < 1_000 && !pause(0.05); i++) {
                        exchange.getResponseBody().write(' ');
                        exchange.getResponseBody().flush();
                    }
                }),
                Named.of("hanging up", exchange -> {}),
                Named.of("behind something that answers for it", exchange -> exchange.sendResponseHeaders(503, -1)),
                Named.of("breaking off", exchange -> {
                    exchange.sendResponseHeaders(200, 1_000);
                    exchange.getResponseBody().write(new byte[10]);
                    exchange.getResponseBody().flush();
                }),
                Named.of("answering without end", exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    for (var i = 0; i <= BoundedHttpClient.MAX_BODY_BYTES >> 16; i++) {
                        exchange.getResponseBody().write(new byte[1 << 16]);
                    }
                }));
    }

    @ParameterizedTest
    @MethodSource("misbehaviours")
    void saysThatNobodyKnowsWhenAPeerIs(HttpHandler misbehaviour) throws Exception {
        orders.behave(misbehaviour);
        inventory.behave(misbehaviour);

        for (var change : changes()) {
            orders.asked.clear();
            assertOutcomeUnknown(send(change));
            assertThat(orders.asked).hasSize(1);
        }
        assertUnavailable(send(readOrder()));
        assertUnavailable(send(request("/api/products")));
    }

    @Test
    void saysSoToWhenTheConnectionIsReset() throws Exception {
        orders.away(() -> {
            try (var resetting = new ServerSocket(orders.port(), 0, InetAddress.getLoopbackAddress())) {
                var reset = Thread.startVirtualThread(() -> {
                    try (var accepted = resetting.accept()) {
                        accepted.getInputStream().read();
                        accepted.setSoLinger(true, 0);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                assertOutcomeUnknown(send(order(ORDER)));
                reset.join();
            }
        });
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void logsAFailureOnceAndNothingElse(CapturedOutput output) throws Exception {
        send(request("/api/products"));
        send(request("/nothing"));
        send(request("/api/products").DELETE());
        send(request("/api/products?&&="));
        assertThat(output.getAll()).isEmpty();

        orders.behave(exchange -> {});
        send(order("{\"token\":\"tok_visa\"}").header("X-Request-Id", "request-7"));

        assertThat(output.getAll().lines())
                .singleElement()
                .asString()
                .contains("POST /api/orders", "order-service", "504", "outcome-unknown", "request-7")
                .doesNotContain("tok_visa", token);
    }

    // Requests that the gateway refuses itself

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/api",
                "/api/",
                "/api/products/",
                "/api/products/a/b",
                "/api/orders/",
                "/api/orders/1/void",
                "/API/products",
                "/reservations/1",
                "/payments/1",
                "/actuator",
                "/actuator/health",
                "/error",
                "/favicon.ico",
                "/index.html"
            })
    void exposesNothingElse(String path) throws Exception {
        assertProblem(send(request(path).header("Authorization", "Bearer " + token)), 404, "not-found");
        assertNobodyWasAsked();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/products/../../reservations/1",
                "/api/products/%2e%2e/%2e%2e/reservations/1",
                "/api/products/..%2f..%2freservations%2f1",
                "/api/products/..%5c..%5creservations",
                "/api/products/..;/..;/reservations/1",
                "/api/products;/../../payments/1",
                "/api/products/%252e%252e/x",
                "/api//products",
                "//api/products",
                "/api/./products",
                "/api/products/a;b=c",
                "/api/products/%00",
                "/api/products/a%0d%0aX: y",
                "/api/products/%zz",
                "/api/products/{a}",
                "/api/products?a=%zz",
                "/api/products?&&=",
                "http://127.0.0.1/reservations/1",
                "*"
            })
    void refusesTargetsThatPlayTricks(String target) throws Exception {
        var answer = raw("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 400")
                .containsIgnoringCase("Content-Type: application/problem+json")
                .contains("\"type\":\"https://checkout-store.example/problems/invalid-request\"")
                .doesNotContainIgnoringCase("<html");
        assertNobodyWasAsked();
    }

    @Test
    void namesTheMethodsOfAResource() throws Exception {
        assertMethods("/api/guests", "GET", "POST");
        assertMethods("/api/products", "POST", "GET,HEAD");
        assertMethods("/api/products/a", "PUT", "GET,HEAD");
        assertMethods("/api/orders", "DELETE", "GET,HEAD,POST");
        assertMethods("/api/orders/1", "PATCH", "GET,HEAD");
        assertMethods("/api/orders/1/cancel", "GET", "POST");
        assertNobodyWasAsked();
    }

    @Test
    void boundsTheBodyOfAnOrder() throws Exception {
        var longest = new byte[64 << 10];
        var tooLong = new byte[longest.length + 1];

        assertProblem(send(order(BodyPublishers.ofByteArray(tooLong))), 413, "invalid-request");
        assertProblem(send(order(chunked(tooLong))), 413, "invalid-request");
        assertNobodyWasAsked();
        assertThat(send(order(BodyPublishers.ofByteArray(longest))).statusCode())
                .isEqualTo(200);
        assertThat(send(order(chunked(longest))).statusCode()).isEqualTo(200);
        assertThat(orders.asked).allMatch(asked -> asked.body().length == longest.length);
    }

    @Test
    void refusesABodyThatIsNotHttp() throws Exception {
        var answer = raw("POST /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token
                + "\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 400").contains("invalid-request");
        assertNobodyWasAsked();
    }

    @Test
    void refusesAKeyThatTheClientBehindWouldMutilate() throws Exception {
        var answer = raw("POST /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token
                + "\r\nIdempotency-Key: sch\u00f6n\r\nContent-Length: 2\r\n\r\n{}");

        assertThat(answer).startsWith("HTTP/1.1 400").contains("invalid-request", "Idempotency-Key");
        assertNobodyWasAsked();
    }

    @Test
    void refusesTwoKeysThatWouldBecomeAThird() throws Exception {
        var answer = raw("POST /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token
                + "\r\nIdempotency-Key: a\r\nidempotency-key: a\r\nContent-Length: 2\r\n\r\n{}");

        assertThat(answer).startsWith("HTTP/1.1 400").contains("invalid-request", "Idempotency-Key");
        assertNobodyWasAsked();
    }

    @Test
    void keepsItsHealthToTheManagementPort() throws Exception {
        var management = gateway.getEnvironment().getRequiredProperty("local.management.port", Integer.class);

        for (var probe : List.of("liveness", "readiness")) {
            var answer = send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + "/actuator/health/" + probe)));
            assertThat(answer.statusCode()).isEqualTo(200);
        }
    }

    private static HttpHandler answer(int status, String body) {
        return exchange -> {
            var bytes = body.getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    /** Returns whether the tests ended before the pause did. */
    private static boolean pause(double seconds) {
        try {
            return over.await((long) (seconds * 1_000), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            return true;
        }
    }

    private static List<HttpRequest.Builder> changes() {
        return List.of(
                order(ORDER),
                request("/api/orders/1/cancel")
                        .header("Authorization", "Bearer " + token)
                        .POST(BodyPublishers.noBody()));
    }

    private static HttpRequest.Builder readOrder() {
        return request("/api/orders/1").header("Authorization", "Bearer " + token);
    }

    private static HttpRequest.Builder order(String body) {
        return order(BodyPublishers.ofString(body)).header("Content-Type", "application/json");
    }

    private static HttpRequest.Builder order(HttpRequest.BodyPublisher body) {
        return request("/api/orders").header("Authorization", "Bearer " + token).POST(body);
    }

    private static HttpRequest.BodyPublisher chunked(byte[] body) {
        return BodyPublishers.ofInputStream(() -> (InputStream) new ByteArrayInputStream(body));
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

    private static void assertNotAccepted(HttpResponse<byte[]> answer) {
        assertProblem(answer, 503, "not-accepted");
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
    }

    private static void assertUnavailable(HttpResponse<byte[]> answer) {
        assertProblem(answer, 503, "unavailable");
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
    }

    private static void assertOutcomeUnknown(HttpResponse<byte[]> answer) {
        assertProblem(answer, 504, "outcome-unknown");
        assertThat(json(answer).get("detail").asString()).contains("same Idempotency-Key");
    }

    private static void assertProblem(HttpResponse<byte[]> answer, int status, String name) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        var problem = json(answer);
        assertThat(problem.get("type").asString()).isEqualTo("https://checkout-store.example/problems/" + name);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.propertyNames()).containsExactlyInAnyOrder("type", "title", "status", "detail");
    }

    private static void assertMethods(String path, String method, String allowed) throws Exception {
        var answer =
                send(request(path).header("Authorization", "Bearer " + token).method(method, BodyPublishers.noBody()));
        assertProblem(answer, 405, "method-not-allowed");
        assertThat(answer.headers().firstValue("Allow").orElseThrow().replace(" ", ""))
                .isEqualTo(allowed);
    }

    private static void assertNobodyWasAsked() {
        assertThat(orders.asked).isEmpty();
        assertThat(inventory.asked).isEmpty();
    }
}
