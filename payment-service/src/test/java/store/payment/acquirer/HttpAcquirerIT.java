package store.payment.acquirer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import store.payment.Acquirer;
import store.payment.Acquirer.NotSent;
import store.payment.Acquirer.Unknown;
import store.payment.AcquirerContract;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.Money;
import store.payment.Orders;

/** The adapter against the real sandbox, and against answers that the sandbox never gives. */
class HttpAcquirerIT extends AcquirerContract {

    private static Sandbox sandbox;

    @BeforeAll
    static void start(@TempDir Path data) throws IOException {
        sandbox = new Sandbox(data, InstantSource.system());
    }

    @AfterAll
    static void stop() {
        sandbox.close();
    }

    @Override
    protected Acquirer acquirer() {
        return sandbox.acquirer();
    }

    @Test
    void aRefusedConnectionIsCertainlyNotSent() throws IOException {
        int nobody;
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = taken.getLocalPort();
        }
        try (var acquirer = Sandbox.acquirer(nobody)) {
            assertThat(capture(acquirer)).isInstanceOf(NotSent.class);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        500 | {}
        503 | {"movement":null}
        400 | {}
        302 | {}
        200 | {}
        200 | {"movement":
        200 | {"movement":{"id":"1"}}
        200 | {"movement":{"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}}
        402 | {}
        402 | {"reason":"NEW_REASON"}
        """)
    void anAnswerThatSaysNothingIsUnknown(int status, String body) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        try (var acquirer = Sandbox.acquirer(server.getAddress().getPort())) {
            assertThat(capture(acquirer)).isInstanceOf(Unknown.class);
        } finally {
            server.stop(0);
        }
    }

    private static Acquirer.CaptureAnswer capture(Acquirer acquirer) {
        return acquirer.capture(
                new AcquirerKey("sandbox", Orders.order()), new Money(1, "EUR"), new CardToken("tok_visa"));
    }
}
