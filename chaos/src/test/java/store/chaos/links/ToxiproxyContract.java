package store.chaos.links;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import eu.rekawek.toxiproxy.ToxiproxyClient;
import eu.rekawek.toxiproxy.model.ToxicDirection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The answers and effects of a fault proxy, tested on the store's own and on Toxiproxy: both are processes in front of an echo server. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(20)
abstract class ToxiproxyContract {

    static final String LINK = "order-service:payment-service";
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final List<Socket> sockets = new ArrayList<>();
    private Process process;
    int port;
    ServerSocket echo;
    String listen;

    /** @param port of the loopback, on which the control API has to listen */
    abstract ProcessBuilder command(int port);

    @BeforeAll
    void start() throws Exception {
        port = freePort();
        process = command(port)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        await().atMost(Duration.ofSeconds(15))
                .ignoreExceptions()
                .until(() -> send("GET", "/version", "").statusCode() == 200);
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(() -> acceptFor(echo));
    }

    @AfterAll
    void stop() throws Exception {
        process.destroy();
        assertThat(process.waitFor(Duration.ofSeconds(10))).isTrue();
        echo.close();
    }

    @BeforeEach
    void createLink() throws Exception {
        var created = send("POST", "/proxies", proxy(LINK, echo.getLocalPort()));
        assertThat(created.statusCode()).isEqualTo(201);
        listen = json(created).get("listen").stringValue();
    }

    @AfterEach
    void deleteLinks() throws Exception {
        for (var name : json(send("GET", "/proxies", "")).propertyNames()) {
            assertThat(send("DELETE", "/proxies/" + name, "").statusCode()).isEqualTo(204);
        }
        for (var socket : sockets) {
            socket.close();
        }
    }

    // The API

    @Test
    void showsWhatWasCreated() throws Exception {
        var shown = json(send("GET", "/proxies/" + LINK, ""));

        assertThat(shown.propertyNames()).contains("name", "listen", "upstream", "enabled", "toxics");
        assertThat(shown.get("name").stringValue()).isEqualTo(LINK);
        assertThat(shown.get("listen").stringValue()).matches("127\\.0\\.0\\.1:[1-9][0-9]*");
        assertThat(shown.get("upstream").stringValue()).isEqualTo("127.0.0.1:" + echo.getLocalPort());
        assertThat(shown.get("enabled").booleanValue()).isTrue();
        assertThat(shown.get("toxics").isEmpty()).isTrue();
        assertThat(json(send("GET", "/proxies/" + LINK.replace(":", "%3A"), "")))
                .isEqualTo(shown);
        assertThat(json(send("GET", "/proxies", "")).get(LINK)).isEqualTo(shown);
        assertThat(json(send("GET", "/proxies/" + LINK + "/toxics", "")).isArray())
                .isTrue();
    }

    @Test
    void refusesInvalidProxies() throws Exception {
        assertError(send("POST", "/proxies", "{"), 400, "bad request body");
        assertError(send("POST", "/proxies", "{\"name\":1}"), 400, "bad request body");
        assertError(send("POST", "/proxies", "{\"upstream\":\"127.0.0.1:1\"}"), 400, "missing required field: name");
        assertError(send("POST", "/proxies", "{\"name\":\"a\"}"), 400, "missing required field: upstream");
        assertError(send("POST", "/proxies", proxy(LINK, 1)), 409, "proxy already exists");
        assertError(
                send("POST", "/proxies", "{\"name\":\"a\",\"upstream\":\"127.0.0.1:1\",\"listen\":\"" + listen + "\"}"),
                500,
                "listen tcp " + listen);
        for (var method : List.of("GET", "POST", "DELETE")) {
            assertError(send(method, "/proxies/none", "{}"), 404, "proxy not found");
            assertError(send(method, "/proxies/" + LINK + "/toxics/none", "{}"), 404, "toxic not found");
        }
        assertThat(send("GET", "/nothing", "").statusCode()).isEqualTo(404);
        assertThat(send("DELETE", "/proxies", "").statusCode()).isEqualTo(405);
    }

    @Test
    void namesAndShowsToxics() throws Exception {
        var added = add("{\"type\":\"latency\",\"attributes\":{\"latency\":7}}");
        assertThat(added).isEqualTo(parse("""
            {"attributes":{"latency":7,"jitter":0},"name":"latency_downstream","type":"latency",
             "stream":"downstream","toxicity":1}\
            """));
        var updated = json(send(
                "POST",
                toxic("latency_downstream"),
                "{\"type\":\"slicer\",\"stream\":\"upstream\",\"toxicity\":0.5,\"attributes\":{\"jitter\":3}}"));

        assertThat(updated).isEqualTo(parse("""
            {"attributes":{"latency":7,"jitter":3},"name":"latency_downstream","type":"latency",
             "stream":"downstream","toxicity":0.5}\
            """));
        assertThat(json(send("GET", toxic("latency_downstream"), ""))).isEqualTo(updated);
        add("{\"name\":\"first\",\"type\":\"limit_data\",\"stream\":\"upstream\"}");
        assertThat(json(send("GET", "/proxies/" + LINK, ""))
                        .at("/toxics/0/name")
                        .stringValue())
                .isEqualTo("first");
        assertThat(json(send("GET", "/proxies/" + LINK + "/toxics", "")).get(1)).isEqualTo(updated);
        assertThat(send("DELETE", toxic("first"), "").statusCode()).isEqualTo(204);
        assertError(send("DELETE", toxic("first"), ""), 404, "toxic not found");
    }

    @Test
    void knowsTheAttributesOfEachToxic() throws Exception {
        var attributes = List.of(
                "bandwidth:{\"rate\":0}",
                "timeout:{\"timeout\":0}",
                "reset_peer:{\"timeout\":0}",
                "limit_data:{\"bytes\":0}",
                "slicer:{\"average_size\":0,\"size_variation\":0,\"delay\":0}",
                "slow_close:{\"delay\":0}");
        for (var each : attributes) {
            var type = each.substring(0, each.indexOf(':'));
            var added = add("{\"type\":\"" + type + "\",\"stream\":\"upstream\",\"attributes\":null}");

            assertThat(added.get("name").stringValue()).isEqualTo(type + "_upstream");
            assertThat(added.get("attributes")).isEqualTo(parse(each.substring(each.indexOf(':') + 1)));
        }
    }

    @Test
    void refusesInvalidToxics() throws Exception {
        var toxics = "/proxies/" + LINK + "/toxics";
        add("{\"type\":\"latency\"}");

        assertError(send("POST", toxics, "["), 400, "bad request body");
        assertError(send("POST", toxics, "{\"type\":\"latency\",\"stream\":\"both\"}"), 400, "stream was invalid");
        assertError(send("POST", toxics, "{\"type\":\"hope\"}"), 400, "invalid toxic type");
        assertError(send("POST", toxics, "{\"type\":\"latency\"}"), 409, "toxic already exists");
        for (var bad : List.of("\"1\"", "1.5", "true", "[]")) {
            var body = "{\"name\":\"a\",\"type\":\"latency\",\"attributes\":{\"latency\":" + bad + "}}";
            assertError(send("POST", toxics, body), 400, "bad request body");
            assertError(send("POST", toxic("latency_downstream"), body), 400, "bad request body");
        }
        assertError(send("POST", toxics, "{\"type\":\"timeout\",\"toxicity\":\"x\"}"), 400, "bad request body");
        assertThat(json(send("GET", toxics, "")).size()).isEqualTo(1);
    }

    @Test
    void populatesAndResets() throws Exception {
        var populated = send("POST", "/populate", "[" + proxy("a", 1) + "," + proxy("b:c", 2) + "]");
        assertThat(populated.statusCode()).isEqualTo(201);
        assertThat(json(populated).at("/proxies/1/name").stringValue()).isEqualTo("b:c");
        assertError(
                send("POST", "/populate", "[{\"name\":\"d\"}]"), 400, "missing required field: upstream at proxy 1");
        assertError(send("POST", "/populate", "{}"), 400, "bad request body");
        send("POST", "/proxies/b:c", "{\"enabled\":false}");
        add("{\"type\":\"latency\"}");

        assertThat(send("POST", "/reset", "").statusCode()).isEqualTo(204);
        for (var proxy : json(send("GET", "/proxies", ""))) {
            assertThat(proxy.get("enabled").booleanValue()).isTrue();
            assertThat(proxy.get("toxics").isEmpty()).isTrue();
        }
    }

    /** An open page in a browser must not be able to break the store. */
    @Test
    void refusesBrowsers() throws Exception {
        var request = HttpRequest.newBuilder(api("/reset"))
                .header("User-Agent", "Mozilla/5.0")
                .POST(BodyPublishers.noBody());

        assertThat(HTTP.send(request.build(), BodyHandlers.ofString()).statusCode())
                .isEqualTo(403);
    }

    @Test
    void isDrivenByToxiproxysJavaClient() throws Exception {
        var client = new ToxiproxyClient("127.0.0.1", port);
        assertThat(client.version()).isNotEmpty();
        var proxy = client.createProxy("client:made", "127.0.0.1:0", "127.0.0.1:" + echo.getLocalPort());
        assertThat(client.getProxies()).hasSize(2);
        assertThat(proxy.isEnabled()).isTrue();
        for (var direction : ToxicDirection.values()) {
            var toxics = proxy.toxics();
            toxics.latency("latency" + direction, direction, 100).setJitter(10).setToxicity(0.5f);
            toxics.bandwidth("bandwidth" + direction, direction, 10).setRate(20);
            toxics.slicer("slicer" + direction, direction, 10, 0).setDelay(5);
            toxics.slowClose("slow" + direction, direction, 10).setDelay(20);
            toxics.timeout("timeout" + direction, direction, 1000).setTimeout(2000);
            toxics.limitData("limit" + direction, direction, 10).setBytes(20);
            toxics.resetPeer("reset" + direction, direction, 10).setTimeout(20);
        }
        assertThat(client.getProxy("client:made").toxics().getAll()).hasSize(14);
        assertThat(proxy.toxics().get("latencyUPSTREAM").getToxicity()).isEqualTo(0.5f);
        proxy.toxics().get("latencyUPSTREAM").remove();
        assertThat(proxy.toxics().getAll()).hasSize(13);
        proxy.disable();
        assertThat(client.getProxy("client:made").isEnabled()).isFalse();
        client.reset();
        assertThat(client.getProxy("client:made").isEnabled()).isTrue();
        assertThat(client.getProxy("client:made").toxics().getAll()).isEmpty();
        proxy.delete();
        assertThat(client.getProxyOrNull("client:made")).isNull();
    }

    // What passes

    @Test
    void passesEverythingOnUnchanged() throws Exception {
        var sent = new byte[4 << 20];
        new Random(1).nextBytes(sent);

        assertThat(echoed(connect(), sent)).isEqualTo(sent);
    }

    @Test
    void closesTheClientsConnectionWhenNothingIsBehindIt() throws Exception {
        send("POST", "/proxies/" + LINK, "{\"upstream\":\"127.0.0.1:" + freePort() + "\"}");

        assertThat(isClosed(connect())).isTrue();
    }

    @Test
    void refusesAndCutsWhileDisabled() throws Exception {
        var socket = connect();
        assertThat(millisFor(socket)).isLessThan(500);
        assertThat(json(send("POST", "/proxies/" + LINK, "{\"enabled\":false}"))
                        .get("enabled")
                        .booleanValue())
                .isFalse();

        assertThat(isClosed(socket)).isTrue();
        assertThatThrownBy(this::connect).isInstanceOf(SocketException.class);
        send("POST", "/proxies/" + LINK, "{\"enabled\":true}");
        assertThat(millisFor(connect())).isLessThan(500);
    }

    @Test
    void delaysEachDirection() throws Exception {
        var socket = connect();
        millisFor(socket);
        add("{\"type\":\"latency\",\"attributes\":{\"latency\":150}}");
        assertThat(millisFor(socket)).isBetween(150L, 400L);
        add("{\"type\":\"latency\",\"stream\":\"upstream\",\"attributes\":{\"latency\":150}}");
        assertThat(millisFor(socket)).isBetween(300L, 550L);
        assertThat(millisFor(connect())).isBetween(300L, 550L);
        send("POST", toxic("latency_upstream"), "{\"attributes\":{\"latency\":0}}");
        assertThat(millisFor(socket)).isBetween(150L, 400L);
        send("DELETE", toxic("latency_downstream"), "");
        assertThat(millisFor(socket)).isLessThan(100);
    }

    @Test
    void variesTheDelayByItsJitter() throws Exception {
        add("{\"type\":\"latency\",\"attributes\":{\"latency\":60,\"jitter\":50}}");
        var socket = connect();
        var millis = new ArrayList<Long>();
        for (var round = 0; round < 20; round++) {
            millis.add(millisFor(socket));
        }
        assertThat(millis).allMatch(each -> each >= 10 && each < 250);
        assertThat(millis.stream().mapToLong(each -> each).max().orElseThrow()
                        - millis.stream().mapToLong(each -> each).min().orElseThrow())
                .isGreaterThan(20);
    }

    /** A long answer is delayed as a whole, not piece by piece. */
    @Test
    void delaysAStreamOnce() throws Exception {
        add("{\"type\":\"latency\",\"attributes\":{\"latency\":200}}");
        var sent = new byte[200 << 10];
        new Random(2).nextBytes(sent);
        var socket = connect();
        var start = System.nanoTime();

        assertThat(echoed(socket, sent)).isEqualTo(sent);
        assertThat(millisSince(start)).isBetween(200L, 700L);
    }

    /** Bytes that wait when the delay is removed follow at once, and in order. */
    @Test
    void keepsTheOrderWhenADelayIsRemoved() throws Exception {
        var socket = connect();
        add("{\"type\":\"latency\",\"attributes\":{\"latency\":10000}}");
        var sent = new byte[100 << 10];
        new Random(3).nextBytes(sent);
        socket.getOutputStream().write(sent, 0, sent.length / 2);
        send("DELETE", toxic("latency_downstream"), "");
        socket.getOutputStream().write(sent, sent.length / 2, sent.length - sent.length / 2);

        assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
    }

    @Test
    void throttles() throws Exception {
        add("{\"type\":\"bandwidth\",\"stream\":\"upstream\",\"attributes\":{\"rate\":100}}");
        var start = System.nanoTime();
        echoed(connect(), new byte[60_000]);

        assertThat(millisSince(start)).isBetween(450L, 1500L);
    }

    @Test
    void holdsEverythingBackAtRateZero() throws Exception {
        add("{\"type\":\"bandwidth\",\"attributes\":{\"rate\":0}}");
        var socket = connect();
        socket.getOutputStream().write(1);
        assertThat(isSilentFor(socket, 300)).isTrue();
        send("DELETE", toxic("bandwidth_downstream"), "");

        assertThat(socket.getInputStream().read()).isEqualTo(1);
    }

    @Test
    void closesAfterATimeout() throws Exception {
        add("{\"type\":\"timeout\",\"attributes\":{\"timeout\":300}}");
        var socket = connect();
        var start = System.nanoTime();
        socket.getOutputStream().write(1);

        assertThat(isClosed(socket)).isTrue();
        assertThat(millisSince(start)).isBetween(290L, 800L);
    }

    /** The receiver misses the swallowed bytes, so it must not get later ones. */
    @Test
    void closesConnectionsWhenATimeoutIsRemoved() throws Exception {
        var socket = connect();
        millisFor(socket);
        add("{\"type\":\"timeout\",\"attributes\":{\"timeout\":0}}");
        socket.getOutputStream().write(1);
        assertThat(isSilentFor(socket, 300)).isTrue();
        send("DELETE", toxic("timeout_downstream"), "");

        assertThat(isClosed(socket)).isTrue();
        assertThat(millisFor(connect())).isLessThan(500);
    }

    @Test
    void resetsThePeer() throws Exception {
        add("{\"type\":\"reset_peer\",\"attributes\":{\"timeout\":200}}");
        var socket = connect();
        var start = System.nanoTime();
        socket.getOutputStream().write(1);

        assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
        assertThat(millisSince(start)).isBetween(190L, 700L);
    }

    @Test
    void closesAtALimit() throws Exception {
        add("{\"type\":\"limit_data\",\"attributes\":{\"bytes\":100}}");
        var socket = connect();
        echoed(socket, new byte[60]);
        socket.getOutputStream().write(new byte[60]);

        assertThat(socket.getInputStream().readAllBytes()).hasSize(40);
    }

    @Test
    void closesWhenALimitIsJustReached() throws Exception {
        var socket = connect();
        echoed(socket, new byte[1000]);
        add("{\"type\":\"limit_data\",\"stream\":\"upstream\",\"attributes\":{\"bytes\":100}}");
        socket.getOutputStream().write(new byte[100]);

        assertThat(isClosedAfter(socket, 100)).isTrue();
    }

    @Test
    void slices() throws Exception {
        add("{\"type\":\"slicer\",\"attributes\":{\"average_size\":100,\"size_variation\":20,\"delay\":20000}}");
        var sent = new byte[1000];
        new Random(4).nextBytes(sent);
        var socket = connect();
        var start = System.nanoTime();

        assertThat(echoed(socket, sent)).isEqualTo(sent);
        assertThat(millisSince(start)).isBetween(120L, 1500L);
    }

    @Test
    void closesSlowly() throws Exception {
        add("{\"type\":\"slow_close\",\"attributes\":{\"delay\":300}}");
        send(
                "POST",
                "/proxies/" + LINK,
                "{\"upstream\":\"127.0.0.1:" + closing().getLocalPort() + "\"}");
        listen = json(send("GET", "/proxies/" + LINK, "")).get("listen").stringValue();
        var start = System.nanoTime();

        assertThat(isClosed(connect())).isTrue();
        assertThat(millisSince(start)).isBetween(290L, 800L);
    }

    @Test
    void actsOnAShareOfTheConnections() throws Exception {
        add("{\"type\":\"latency\",\"toxicity\":0.5,\"attributes\":{\"latency\":60}}");
        var slow = 0;
        for (var connection = 0; connection < 40; connection++) {
            slow += millisFor(connect()) >= 60 ? 1 : 0;
        }
        assertThat(slow).isBetween(8, 32);
        send("POST", toxic("latency_downstream"), "{\"toxicity\":0}");
        assertThat(millisFor(connect())).isLessThan(60);
    }

    @Test
    void appliesSeveralToxicsInTheirOrder() throws Exception {
        add("{\"type\":\"latency\",\"attributes\":{\"latency\":100}}");
        add("{\"name\":\"more\",\"type\":\"latency\",\"attributes\":{\"latency\":100}}");
        add("{\"type\":\"bandwidth\",\"attributes\":{\"rate\":100}}");
        var start = System.nanoTime();
        echoed(connect(), new byte[30_000]);

        assertThat(millisSince(start)).isBetween(400L, 1200L);
    }

    // For the tests

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static String proxy(String name, int upstream) {
        return "{\"name\":\"%s\",\"listen\":\"127.0.0.1:0\",\"upstream\":\"127.0.0.1:%d\"}".formatted(name, upstream);
    }

    static String toxic(String name) {
        return "/proxies/" + LINK + "/toxics/" + name;
    }

    final JsonNode add(String toxic) throws Exception {
        var added = send("POST", "/proxies/" + LINK + "/toxics", toxic);
        assertThat(added.statusCode()).as(added.body()).isEqualTo(200);
        return json(added);
    }

    final URI api(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    final HttpResponse<String> send(String method, String path, String body) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(api(path))
                        .method(method, BodyPublishers.ofString(body))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                BodyHandlers.ofString());
    }

    static JsonNode json(HttpResponse<String> answer) {
        return parse(answer.body());
    }

    /** Numbers are compared as such: 1 is 1.0. */
    private static JsonNode parse(String document) {
        return JsonMapper.shared().readTree(document.replaceAll("(:\\d+)\\.0(?=[,}])", "$1"));
    }

    private static void assertError(HttpResponse<String> answer, int status, String message) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer).get("status").intValue()).isEqualTo(status);
        assertThat(json(answer).get("error").stringValue()).startsWith(message);
    }

    /** A client of the link, closed after the test; its reads fail after five seconds. */
    final Socket connect() throws IOException {
        var socket = new Socket();
        sockets.add(socket);
        socket.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(listen.substring(listen.indexOf(':') + 1))));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(5000);
        return socket;
    }

    static byte[] echoed(Socket socket, byte[] sent) throws IOException {
        var writer = Thread.startVirtualThread(() -> {
            try {
                socket.getOutputStream().write(sent);
            } catch (IOException cut) {
                // The reader sees it.
            }
        });
        var received = socket.getInputStream().readNBytes(sent.length);
        assertThat(received).hasSameSizeAs(sent);
        assertThat(writer.isAlive() && !join(writer)).isFalse();
        return received;
    }

    private static boolean join(Thread thread) {
        try {
            return thread.join(Duration.ofSeconds(1));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The round trip of one byte. */
    static long millisFor(Socket socket) throws IOException {
        var start = System.nanoTime();
        socket.getOutputStream().write(7);
        assertThat(socket.getInputStream().read()).isEqualTo(7);
        return millisSince(start);
    }

    static long millisSince(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }

    static boolean isClosed(Socket socket) throws IOException {
        return isClosedAfter(socket, 0);
    }

    /** Whether the end of the stream, or a reset, comes after at most that many bytes. */
    static boolean isClosedAfter(Socket socket, int bytes) throws IOException {
        try {
            return socket.getInputStream().readNBytes(bytes + 1).length <= bytes;
        } catch (SocketException reset) {
            return true;
        }
    }

    static boolean isSilentFor(Socket socket, int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            socket.getInputStream().read();
            return false;
        } catch (SocketTimeoutException silent) {
            return true;
        } finally {
            socket.setSoTimeout(5000);
        }
    }

    private static void acceptFor(ServerSocket server) {
        while (!server.isClosed()) {
            try {
                var client = server.accept();
                client.setTcpNoDelay(true);
                Thread.startVirtualThread(() -> echo(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void echo(Socket client) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException cut) {
            // The test cut it.
        }
    }

    /** A server that closes its first connection without an answer. */
    static ServerSocket closing() throws IOException {
        var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(() -> {
            try (server) {
                server.accept().close();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
        });
        return server;
    }
}
