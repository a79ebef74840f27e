package store.order.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import store.order.CardToken;
import store.order.Inventory;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.SettlementOutcome;
import store.order.Money;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;
import store.order.Reason;
import store.resilience.PeerCallSettings;
import store.resilience.PeerClient;

/**
 * An answer counts only if it names the order, and the amount or the act where they matter. Any other answer is
 * unknown, whatever its status: no order, payment or settlement may end because of it.
 */
class AnswersAboutTheOrderTest {

    private static final OrderId ORDER = new OrderId(UUID.randomUUID());
    private static final Money AMOUNT = new Money(100, "EUR");
    private static final String NAMED = "{\"orderId\":\"" + ORDER + "\"";

    private HttpServer server;
    private PeerClient peer;
    private int status;
    private String body = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var bytes = body.getBytes(UTF_8);
            var empty = status == 204 || status == 304;
            exchange.sendResponseHeaders(status, empty ? -1 : bytes.length);
            if (!empty) {
                exchange.getResponseBody().write(bytes);
            }
            exchange.close();
        });
        server.start();
        var address = URI.create("http://localhost:" + server.getAddress().getPort());
        var bound = Duration.ofSeconds(5);
        peer = new PeerClient(new PeerCallSettings(List.of(address), bound, bound), () -> {});
    }

    @AfterEach
    void stop() {
        peer.close();
        server.stop(0);
    }

    /** Bodies that another process on the peer's address may answer, or the peer about another order. */
    static Stream<String> bodies() {
        var full =
                ",\"lines\":[{\"sku\":\"cup\",\"quantity\":1,\"name\":\"Cup\",\"unitPrice\":{\"amount\":100,\"currency\":\"EUR\"}}],"
                    + "\"status\":\"CAPTURED\",\"amount\":{\"amount\":100,\"currency\":\"EUR\"},\"settlement\":\"COMMIT\"}";
        return Stream.of(
                "",
                "{}",
                "[]",
                "null",
                "<html>",
                "{\"orderId\":null" + full,
                "{\"orderId\":\"\"" + full,
                "{\"orderId\":7" + full,
                "{\"orderId\":\"" + UUID.randomUUID() + "\"" + full,
                full.replaceFirst(",", "{"));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void anAnswerThatDoesNotNameTheOrderIsUnknownWhateverItsStatus(String answer) {
        body = answer;
        for (var code : List.of(200, 201, 202, 204, 301, 304, 400, 401, 402, 404, 409, 410, 422, 429, 500, 503)) {
            status = code;
            assertThat(reserve()).as("reserve " + code).isInstanceOf(ReservationOutcome.Unknown.class);
            assertThat(inventory().commit(ORDER)).as("commit " + code).isInstanceOf(SettlementOutcome.Unknown.class);
            assertThat(inventory().release(ORDER)).as("release " + code).isInstanceOf(SettlementOutcome.Unknown.class);
            assertThat(charge()).as("charge " + code).isInstanceOf(ChargeOutcome.Unknown.class);
            assertThat(payments().voidCharge(ORDER)).as("void " + code).isInstanceOf(VoidOutcome.Unknown.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "}",
                ",\"status\":\"CAPTURED\"}",
                ",\"status\":\"CAPTURED\",\"amount\":null}",
                ",\"status\":\"CAPTURED\",\"amount\":{\"amount\":99,\"currency\":\"EUR\"}}",
                ",\"status\":\"CAPTURED\",\"amount\":{\"amount\":100,\"currency\":\"USD\"}}",
                ",\"status\":\"PENDING\",\"amount\":{\"amount\":100,\"currency\":\"EUR\"}}",
                ",\"status\":\"VOIDED\",\"amount\":{\"amount\":100,\"currency\":\"EUR\"}}"
            })
    void anotherAmountOrStatusIsNoCapture(String rest) {
        status = 200;
        body = NAMED + rest;
        assertThat(charge()).isInstanceOf(ChargeOutcome.Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"}", ",\"status\":null}", ",\"status\":\"VOIDING\"}", ",\"status\":\"CAPTURED\"}"})
    void anotherStatusIsNoVoid(String rest) {
        status = 200;
        body = NAMED + rest;
        assertThat(payments().voidCharge(ORDER)).isInstanceOf(VoidOutcome.Unknown.class);
    }

    @Test
    void aCommitIsNoReleaseAndAReleaseNoCommit() {
        status = 200;
        body = NAMED + ",\"settlement\":\"COMMIT\"}";
        assertThat(inventory().commit(ORDER)).isEqualTo(new SettlementOutcome.Settled());
        assertThat(inventory().release(ORDER)).isInstanceOf(SettlementOutcome.Unknown.class);
        body = NAMED + ",\"settlement\":\"RELEASE\"}";
        assertThat(inventory().release(ORDER)).isEqualTo(new SettlementOutcome.Settled());
        assertThat(inventory().commit(ORDER)).isInstanceOf(SettlementOutcome.Unknown.class);
    }

    /** A reason of another kind of end does not fit this one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "}",
                ",\"reason\":null}",
                ",\"reason\":\"NO_REASON_OF_OURS\"}",
                ",\"reason\":\"PATIENCE\"}",
                ",\"reason\":\"AWAITING_STOCK\"}"
            })
    void noReasonIsNoRefusal(String rest) {
        body = NAMED + rest;
        status = 402;
        assertThat(charge()).isInstanceOf(ChargeOutcome.Unknown.class);
        status = 409;
        assertThat(reserve()).isInstanceOf(ReservationOutcome.Unknown.class);
    }

    @Test
    void aRefusalOfTheOtherPeersIsNone() {
        status = 402;
        body = NAMED + ",\"reason\":\"OUT_OF_STOCK\"}";
        assertThat(charge()).isInstanceOf(ChargeOutcome.Unknown.class);
        body = NAMED + ",\"reason\":\"CARD_DECLINED\"}";
        assertThat(charge()).isEqualTo(new ChargeOutcome.Declined(Reason.CARD_DECLINED));
        status = 409;
        assertThat(reserve()).isInstanceOf(ReservationOutcome.Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"}", ",\"lines\":null}", ",\"lines\":[null]}", ",\"lines\":[{\"sku\":\"cup\"}]}"})
    void noLinesAreNoHold(String rest) {
        body = NAMED + rest;
        status = 200;
        assertThat(reserve()).isInstanceOf(ReservationOutcome.Unknown.class);
    }

    private Inventory inventory() {
        return new HttpInventory(peer);
    }

    private Payments payments() {
        return new HttpPayments(peer);
    }

    private ReservationOutcome reserve() {
        return inventory().reserve(ORDER, List.of(OrderLine.of("cup", 1)));
    }

    private ChargeOutcome charge() {
        return payments().charge(ORDER, AMOUNT, new CardToken("tok_visa"));
    }
}
