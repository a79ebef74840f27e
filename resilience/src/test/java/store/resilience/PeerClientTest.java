package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;

/** The peer misbehaves on purpose, so the test has a server of its own. */
class PeerClientTest {

    private static final Duration TIMEOUT = Duration.ofMillis(300);

    private final CountDownLatch testIsOver = new CountDownLatch(1);
    private final AtomicInteger arrivals = new AtomicInteger();
    private HttpServer server;

    @BeforeEach
    void startTheOnlyPeer() throws IOException {
        server = startPeer();
    }

    private static HttpServer startPeer() throws IOException {
        var started = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        started.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        started.start();
        return started;
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
        try (var client = client(refusing(), refusing())) {
            assertThat(client.call("GET", "/", null)).isInstanceOf(NotSent.class);
        }
    }

    @Test
    void instancesAreCalledInTurn() throws IOException {
        var other = startPeer();
        server.createContext("/", exchange -> answer(exchange, "one"));
        other.createContext("/", exchange -> answer(exchange, "other"));
        try (var client = client(address(server), address(other))) {
            assertThat(Stream.generate(() -> body(client.call("GET", "/", null)))
                            .limit(4))
                    .containsExactly("one", "other", "one", "other");
        } finally {
            other.stop(0);
        }
    }

    @Test
    void aRefusedConnectionMovesOnToTheNextInstance() throws IOException {
        server.createContext("/", exchange -> answer(exchange, "one " + arrivals.incrementAndGet()));
        try (var client = client(refusing(), address(server), refusing())) {
            assertThat(Stream.generate(() -> body(client.call("POST", "/", "{}".getBytes(StandardCharsets.UTF_8))))
                            .limit(4))
                    .containsExactly("one 1", "one 2", "one 3", "one 4");
        }
    }

    /** Once the connection was open, the request may have had its effect, whatever went wrong later. */
    @ParameterizedTest
    @ValueSource(strings = {"/silent", "/hang-up"})
    void anUnansweredRequestNeverMovesOn(String fault) throws IOException {
        var other = startPeer();
        other.createContext("/", exchange -> answer(exchange, "other"));
        server.createContext("/silent", exchange -> {
            arrivals.incrementAndGet();
            waitForTheEnd();
        });
        server.createContext("/hang-up", exchange -> {
            arrivals.incrementAndGet();
            exchange.close();
        });
        try (var client = client(address(server), address(other))) {
            assertThat(client.call("POST", fault, null)).isInstanceOf(Unanswered.class);
            assertThat(arrivals).as("asked once").hasValue(1);
            assertThat(body(client.call("POST", fault, null)))
                    .as("the next call goes to the other instance")
                    .isEqualTo("other");
        } finally {
            other.stop(0);
        }
    }

    /** An instance that cannot be reached uses up part of the attempt's time; the next gets what is left. */
    @Test
    void movingOnStaysWithinTheBoundOfTheOneAttempt() throws IOException {
        server.createContext("/silent", exchange -> {
            arrivals.incrementAndGet();
            waitForTheEnd();
        });
        try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var first = new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort());
                var second = new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort())) {
            assertThat(List.of(first, second)).as("they fill the queue").allMatch(Socket::isConnected);
            var unreachable = URI.create("http://localhost:" + full.getLocalPort());
            var settings = new PeerCallSettings(
                    List.of(unreachable, address(server)), Duration.ofMillis(900), Duration.ofMillis(1200));
            try (var client = new PeerClient(settings, () -> {})) {
                var start = System.nanoTime();
                assertThat(client.call("GET", "/silent", null)).isInstanceOf(Unanswered.class);
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .isBetween(Duration.ofMillis(1200), Duration.ofMillis(1900));
            }
        }
        assertThat(arrivals).as("calls at the next instance").hasValue(1);
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
        var settings = new PeerCallSettings(List.of(address(server)), TIMEOUT, TIMEOUT);
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
        return client(address(server));
    }

    private static PeerClient client(URI... addresses) {
        return new PeerClient(new PeerCallSettings(List.of(addresses), TIMEOUT, TIMEOUT), () -> {});
    }

    private static URI address(HttpServer server) {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    /** An address at which nothing listens. */
    private static URI refusing() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return URI.create("http://localhost:" + socket.getLocalPort());
        }
    }

    private static void answer(HttpExchange exchange, String body) throws IOException {
        exchange.sendResponseHeaders(200, body.length());
        exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
        exchange.close();
    }

    private static String body(PeerAnswer answer) {
        return new String(((Answered) answer).body(), StandardCharsets.UTF_8);
    }

    private void waitForTheEnd() {
        try {
            testIsOver.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
