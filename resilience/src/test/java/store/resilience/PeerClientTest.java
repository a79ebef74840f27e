package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;

/** The peer here misbehaves on purpose, so it is a server of the test's own. */
class PeerClientTest {

    private static final Duration TIMEOUT = Duration.ofMillis(300);

    private final CountDownLatch testIsOver = new CountDownLatch(1);
    private final AtomicInteger arrivals = new AtomicInteger();
    private HttpServer server;

    @BeforeEach
    void startPeer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    @AfterEach
    void stopPeer() {
        testIsOver.countDown();
        server.stop(0);
    }

    @Test
    void passesOnWhatThePeerAnswers() {
        server.createContext("/echo", exchange -> {
            var body = exchange.getRequestMethod()
                    + " " + exchange.getRequestHeaders().getFirst("X-Request-Id")
                    + " " + exchange.getRequestHeaders().getFirst("Upgrade")
                    + " " + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Retry-After", "7");
            exchange.sendResponseHeaders(418, body.length());
            exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        try (var client = client()) {
            PassedOnHeaders.with(Map.of("X-Request-Id", "r-1"), () -> {
                var answer = (Answered) client.call("PUT", "/echo", "{}".getBytes(StandardCharsets.UTF_8));
                assertThat(answer.status()).isEqualTo(418);
                assertThat(answer.headers().firstValue("Retry-After")).contains("7");
                assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo("PUT r-1 null {}");
                return null;
            });
        }
    }

    @Test
    void aRefusedConnectionIsCertainlyNotSent() throws IOException {
        int free;
        try (var socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        var settings = new PeerCallSettings(URI.create("http://localhost:" + free), TIMEOUT, TIMEOUT);
        try (var client = new PeerClient(settings, () -> {})) {
            assertThat(client.call("GET", "/", null)).isInstanceOf(NotSent.class);
        }
    }

    @Test
    void aSilentPeerIsGivenUpInTime() {
        server.createContext("/silent", exchange -> {
            arrivals.incrementAndGet();
            waitForTheEnd();
        });
        assertThatItIsUnansweredInTime("/silent");
        assertThat(arrivals).as("asked once").hasValue(1);
    }

    @Test
    void aBodyThatTricklesIsGivenUpInTime() {
        server.createContext("/trickle", exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('.');
            exchange.getResponseBody().flush();
            waitForTheEnd();
        });
        assertThatItIsUnansweredInTime("/trickle");
    }

    @Test
    void aPeerThatHangsUpLeavesTheOutcomeUnknownAndIsNotAskedAgain() {
        server.createContext("/hang-up", exchange -> {
            arrivals.incrementAndGet();
            exchange.close();
        });
        try (var client = client()) {
            assertThat(client.call("GET", "/hang-up", null)).isInstanceOf(Unanswered.class);
        }
        assertThat(arrivals).as("asked once").hasValue(1);
    }

    @Test
    void anAnswerWithoutEndIsNotRead() {
        server.createContext("/flood", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            var chunk = new byte[1 << 16];
            for (var sent = 0; sent <= 2 * BoundedHttpClient.MAX_BODY_BYTES; sent += chunk.length) {
                exchange.getResponseBody().write(chunk);
            }
            exchange.close();
        });
        try (var client = client()) {
            assertThat(client.call("GET", "/flood", null)).isInstanceOf(Unanswered.class);
        }
    }

    @Test
    void nothingIsSentWhenTheGuardObjects() {
        server.createContext("/", exchange -> arrivals.incrementAndGet());
        var settings = new PeerCallSettings(address(), TIMEOUT, TIMEOUT);
        try (var client = new PeerClient(settings, () -> {
            throw new TransactionGuard.CallInsideTransaction();
        })) {
            assertThatThrownBy(() -> client.call("GET", "/", null))
                    .isInstanceOf(TransactionGuard.CallInsideTransaction.class);
        }
        assertThat(arrivals).hasValue(0);
    }

    private void assertThatItIsUnansweredInTime(String path) {
        try (var client = client()) {
            var start = System.nanoTime();
            assertThat(client.call("GET", path, null)).isInstanceOf(Unanswered.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TIMEOUT, TIMEOUT.plusSeconds(1));
        }
    }

    private PeerClient client() {
        return new PeerClient(new PeerCallSettings(address(), TIMEOUT, TIMEOUT), () -> {});
    }

    private URI address() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    private void waitForTheEnd() {
        try {
            testIsOver.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
