package store.payment.acquirer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import store.payment.Acquirer;
import store.payment.Acquirer.Unknown;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.Money;
import store.payment.Movement;
import store.payment.OrderId;
import store.payment.Orders;

/**
 * Any server may listen on the acquirer's address: an answer that does not name the order is unknown, with any status.
 */
class HttpAcquirerAnswersIT {

    private static final List<Integer> STATUSES = List.of(
            200, 201, 202, 203, 204, 206, 300, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 408, 409, 410, 412,
            418, 422, 425, 429, 500, 501, 502, 503, 504);

    private static final Money AMOUNT = new Money(1999, "EUR");

    private final OrderId order = Orders.order();
    private final AcquirerKey key = new AcquirerKey("sandbox", order);

    private HttpServer stub;
    private HttpAcquirer acquirer;
    private volatile int status;
    private volatile String body = "";

    @BeforeEach
    void start() throws IOException {
        stub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        stub.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        stub.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            var empty = bytes.length == 0 || status == 204 || status == 304;
            exchange.sendResponseHeaders(status, empty ? -1 : bytes.length);
            if (!empty) {
                exchange.getResponseBody().write(bytes);
            }
            exchange.close();
        });
        stub.start();
        acquirer = Sandbox.acquirer(stub.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        acquirer.close();
        stub.stop(0);
    }

    @TestFactory
    Stream<DynamicTest> aBareAnswerIsUnknown() {
        return Stream.of(
                        "",
                        "{}",
                        "[]",
                        "null",
                        "\"\"",
                        "1",
                        "<html>Welcome</html>",
                        "{\"orderId\":null}",
                        "{\"status\":")
                .map(bare -> dynamicTest("body " + bare, () -> assertUnknown(bare, calls())));
    }

    @TestFactory
    Stream<DynamicTest> anAnswerAboutAnotherOrderIsUnknown() {
        var other = Orders.order();
        return Stream.of(
                        named(other, ""),
                        named(other, ",\"reason\":\"CARD_DECLINED\""),
                        named(other, ",\"movement\":" + movement(order, "CAPTURE")),
                        named(other, ",\"movement\":" + movement(other, "CAPTURE")),
                        named(other, ",\"movement\":" + movement(other, "REFUND")),
                        named(other, ",\"undone\":null,\"movement\":null"),
                        named(
                                other,
                                ",\"undone\":" + movement(order, "CAPTURE") + ",\"movement\":"
                                        + movement(order, "VOID")),
                        named(other, ",\"movements\":[]"),
                        named(other, ",\"movements\":[" + movement(order, "CAPTURE") + "]"))
                .map(body -> dynamicTest(body, () -> assertUnknown(body, callsAboutTheOrder())));
    }

    @TestFactory
    Stream<DynamicTest> aDoneThatNamesTheOrderButNotWhatWasDoneIsUnknown() {
        return Stream.of(
                        named(order, ""),
                        named(order, ",\"movement\":null"),
                        named(order, ",\"movement\":" + movement(Orders.order(), "CAPTURE")),
                        named(
                                order,
                                ",\"movement\":" + movement(order, "CAPTURE").replace("1999", "1999.5")),
                        named(
                                order,
                                ",\"movement\":" + movement(order, "REFUND").replace("1999", "1999.5")),
                        named(order, ",\"undone\":null"),
                        named(order, ",\"undone\":" + movement(order, "CAPTURE") + ",\"movement\":null"),
                        named(order, ",\"undone\":null,\"movement\":" + movement(order, "VOID")),
                        named(
                                order,
                                ",\"undone\":" + movement(order, "CAPTURE") + ",\"movement\":"
                                        + movement(order, "CHARGEBACK")),
                        named(
                                order,
                                ",\"undone\":" + movement(Orders.order(), "CAPTURE") + ",\"movement\":"
                                        + movement(Orders.order(), "VOID")),
                        named(order, ",\"movements\":null"),
                        named(order, ",\"movements\":[null]"),
                        named(order, ",\"movements\":[" + movement(Orders.order(), "CAPTURE") + "]"))
                .map(body -> dynamicTest(
                        body,
                        () -> callsAboutTheOrder().forEach((call, made) -> {
                            this.status = 200;
                            this.body = body;
                            assertThat(made.get()).as(call).isInstanceOf(Unknown.class);
                        })));
    }

    private void assertUnknown(String bare, Map<String, Supplier<Object>> calls) {
        for (var each : STATUSES) {
            status = each;
            body = bare;
            calls.forEach((call, made) ->
                    assertThat(made.get()).as(call + ", status " + each).isInstanceOf(Unknown.class));
        }
    }

    private Map<String, Supplier<Object>> calls() {
        var all = new TreeMap<>(callsAboutTheOrder());
        all.put("statement", () -> acquirer.statement(null, 10));
        return all;
    }

    private Map<String, Supplier<Object>> callsAboutTheOrder() {
        var capture = new Movement("1", order.value(), Movement.Kind.CAPTURE, AMOUNT, Instant.EPOCH);
        Acquirer asked = acquirer;
        return Map.of(
                "capture", () -> asked.capture(key, AMOUNT, new CardToken("tok_visa")),
                "void", () -> asked.undo(key),
                "refund", () -> asked.refund(key, capture),
                "movements", () -> asked.movementsOf(order));
    }

    private static String named(OrderId order, String members) {
        return "{\"orderId\":\"" + order + "\"" + members + "}";
    }

    private static String movement(OrderId order, String kind) {
        return """
            {"id":"1","key":"k","orderId":"%s","kind":"%s","amount":{"amount":1999,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}\
            """.formatted(order, kind);
    }
}
