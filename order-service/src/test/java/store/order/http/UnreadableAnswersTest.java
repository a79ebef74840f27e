package store.order.http;

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import store.order.CardToken;
import store.order.Inventory.ReservationOutcome;
import store.order.Money;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Payments.ChargeOutcome;
import store.resilience.PeerCallSettings;
import store.resilience.PeerClient;

/** What says less than the contract asks for tells nothing, whatever its status: no order may end because of it. */
class UnreadableAnswersTest {

    private static final OrderId ORDER = new OrderId(UUID.randomUUID());

    private HttpServer server;
    private PeerClient peer;
    private int status;
    private String body = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
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

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"reason\":null}", "{\"reason\":\"NO_REASON_OF_OURS\"}", "[]", "null", "", "<html>"})
    void noReasonIsNoRefusal(String answer) {
        body = answer;
        status = 402;
        assertThat(new HttpPayments(peer).charge(ORDER, new Money(100, "EUR"), new CardToken("tok_visa")))
                .isInstanceOf(ChargeOutcome.Unknown.class);
        status = 409;
        assertThat(new HttpInventory(peer).reserve(ORDER, List.of(OrderLine.of("cup", 1))))
                .isInstanceOf(ReservationOutcome.Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"lines\":null}",
                "{\"lines\":[null]}",
                "{\"lines\":[{\"sku\":\"cup\"}]}",
                "null",
                "",
                "<html>"
            })
    void noLinesAreNoHold(String answer) {
        body = answer;
        status = 200;
        assertThat(new HttpInventory(peer).reserve(ORDER, List.of(OrderLine.of("cup", 1))))
                .isInstanceOf(ReservationOutcome.Unknown.class);
    }
}
