package store.chaos.links;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The store's own proxy keeps Toxiproxy's contract, and can do more. */
final class FaultProxyIT extends ToxiproxyContract {

    private static final String REQUEST = "POST /payments HTTP/1.1\r\nContent-Length: 4\r\n\r\nwork";

    private final AtomicInteger worked = new AtomicInteger();

    @Override
    ProcessBuilder command(int port) {
        return new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx48m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "store.chaos.links.FaultProxy",
                "--port",
                Integer.toString(port));
    }

    @Test
    void losesAnswersButNotRequests() throws Exception {
        var socket = connect();
        millisFor(socket);
        var untouched = connect();
        add("{\"type\":\"lose_answers\"}");
        socket.getOutputStream().write("POST /payments HTTP/1.1\r\n\r\n".getBytes(US_ASCII));

        assertThat(isSilentFor(socket, 300)).isTrue();
        assertThat(stats().get("bytesUpstream").intValue()).isEqualTo(1 + 27);
        assertThat(arrivals()).isEqualTo(1);
        assertThat(stats().at("/toxics/0/bytes").intValue()).isEqualTo(27);
        assertThat(send("DELETE", toxic("lose_answers_downstream"), "").statusCode())
                .isEqualTo(204);
        // A client that missed bytes must not read on; a client that missed none continues.
        assertThat(isClosed(socket)).isTrue();
        assertThat(millisFor(untouched)).isLessThan(500);
        assertThat(stats().at("/toxics/0/present").booleanValue()).isFalse();
        assertThat(stats().at("/toxics/0/connections").intValue()).isEqualTo(1);
    }

    /** The end of the stream is part of the answer. */
    @Test
    void losesTheEndOfAnAnswerToo() throws Exception {
        send(
                "POST",
                "/proxies/" + LINK,
                "{\"upstream\":\"127.0.0.1:" + closing().getLocalPort() + "\"}");
        listen = json(send("GET", "/proxies/" + LINK, "")).get("listen").stringValue();
        add("{\"type\":\"lose_answers\"}");
        var socket = connect();

        assertThat(isSilentFor(socket, 300)).isTrue();
        socket.shutdownOutput();
        // The client no longer waits for an answer, so no connection is left behind.
        await().atMost(Duration.ofSeconds(5)).until(() -> stats().get("open").intValue() == 0);
    }

    @Test
    void losesOnlyAnswers() throws Exception {
        var answer =
                send("POST", "/proxies/" + LINK + "/toxics", "{\"type\":\"lose_answers\",\"stream\":\"upstream\"}");

        assertThat(answer.statusCode()).isEqualTo(400);
    }

    @Test
    void answersWithErrorsWhetherTheWorkWasDoneOrNot() throws Exception {
        try (var server = answering()) {
            send("POST", "/proxies/" + LINK, "{\"upstream\":\"127.0.0.1:" + server.getLocalPort() + "\"}");
            listen = json(send("GET", "/proxies/" + LINK, "")).get("listen").stringValue();
            var socket = connect();
            assertThat(statusOfPost(socket)).isEqualTo(201);
            add("{\"type\":\"errors\"}");
            for (var request = 1; request <= 5; request++) {
                assertThat(statusOfPost(socket)).isEqualTo(503);
                assertThat(worked).hasValue(1 + (request + 1) / 2);
            }
            // Requests are counted over all connections: this is the sixth.
            assertThat(statusOfPost(connect())).isEqualTo(503);
            assertThat(worked).hasValue(4);
            assertThat(arrivals()).isEqualTo(4);
            assertThat(stats().at("/toxics/0/connections").intValue()).isEqualTo(2);

            var untouched = connect();
            send("DELETE", toxic("errors_downstream"), "");
            assertThat(isClosed(socket)).isTrue();
            assertThat(statusOfPost(untouched)).isEqualTo(201);
        }
    }

    /** The head of a request, its body, and the pieces of an answer arrive one by one. */
    @Test
    void errorsLeaveNothingOfTheRealAnswer() throws Exception {
        try (var server = answering()) {
            send("POST", "/proxies/" + LINK, "{\"upstream\":\"127.0.0.1:" + server.getLocalPort() + "\"}");
            listen = json(send("GET", "/proxies/" + LINK, "")).get("listen").stringValue();
            add("{\"type\":\"errors\"}");
            add("{\"type\":\"latency\",\"attributes\":{\"latency\":50}}");
            add("{\"type\":\"slicer\",\"stream\":\"upstream\",\"attributes\":{\"average_size\":7}}");
            var socket = connect();
            for (var request = 0; request < 4; request++) {
                var before = System.nanoTime();
                assertThat(statusOfPost(socket)).isEqualTo(503);
                assertThat(System.nanoTime() - before).isGreaterThan(50_000_000);
            }
            assertThat(isSilentFor(socket, 200)).isTrue();
            assertThat(worked).hasValue(2);
        }
    }

    @Test
    void bytesThatAreNotHttpPassThroughErrors() throws Exception {
        add("{\"type\":\"errors\"}");

        assertThat(echoed(connect(), new byte[300])).isNotNull();
        assertThat(stats().at("/toxics/0/connections").intValue()).isZero();
    }

    /** Answers 201 with a body to each request with a body, in pieces, on kept connections. */
    private ServerSocket answering() throws IOException {
        worked.set(0);
        var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(() -> {
            while (!server.isClosed()) {
                try {
                    var socket = server.accept();
                    Thread.startVirtualThread(() -> answerOn(socket));
                } catch (IOException closed) {
                    return;
                }
            }
        });
        return server;
    }

    private void answerOn(Socket socket) {
        try (socket) {
            while (socket.getInputStream().readNBytes(REQUEST.length()).length == REQUEST.length()) {
                worked.incrementAndGet();
                for (var piece : List.of("HTTP/1.1 201 Created\r\n", "Content-Length: 4\r\n\r\n", "done")) {
                    socket.getOutputStream().write(piece.getBytes(US_ASCII));
                }
            }
        } catch (IOException cut) {
            // the test is done
        }
    }

    /** Sends a request in two pieces and reads all of its answer. */
    private static int statusOfPost(Socket socket) throws IOException {
        socket.getOutputStream()
                .write(REQUEST.substring(0, REQUEST.length() - 4).getBytes(US_ASCII));
        socket.getOutputStream().write("work".getBytes(US_ASCII));
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            var next = socket.getInputStream().read();
            assertThat(next).as("after " + head).isNotNegative();
            head.append((char) next);
        }
        socket.getInputStream().readNBytes(head.indexOf("Content-Length: 4") < 0 ? 0 : 4);
        return Integer.parseInt(head.substring(9, 12));
    }

    @Test
    void countsWhatAToxicHasActedOn() throws Exception {
        add("{\"type\":\"latency\",\"attributes\":{\"latency\":1}}");
        add("{\"type\":\"bandwidth\",\"toxicity\":0,\"attributes\":{\"rate\":1}}");
        assertThat(stats().at("/toxics/0/connections").intValue()).isZero();
        var socket = connect();
        echoed(socket, new byte[300]);
        echoed(connect(), new byte[300]);

        var stats = stats();
        assertThat(stats.get("connections").intValue()).isEqualTo(2);
        assertThat(stats.get("bytesUpstream").intValue()).isEqualTo(600);
        assertThat(stats.at("/toxics/0/name").stringValue()).isEqualTo("latency_downstream");
        assertThat(stats.at("/toxics/0/connections").intValue()).isEqualTo(2);
        assertThat(stats.at("/toxics/0/bytes").intValue()).isEqualTo(600);
        assertThat(stats.at("/toxics/1/connections").intValue()).isZero();
        send("PATCH", "/proxies/" + LINK, "{\"enabled\":false}");
        assertThat(stats().get("cut").intValue()).isEqualTo(2);
        send("PATCH", "/proxies/" + LINK, "{\"enabled\":true,\"upstream\":\"127.0.0.1:" + freePort() + "\"}");
        assertThat(isClosed(connect())).isTrue();
        assertThat(stats().get("unreachable").intValue()).isEqualTo(1);
    }

    @Test
    void countsTheRequestsThatReallyPassed() throws Exception {
        var socket = connect();
        for (var request :
                new String[] {"GET /a HTTP/1.1\r\n\r\n", "{\"POST /\":1}", "PUT /b HTTP/1.1\r\n\r\n", "PUTT"}) {
            echoed(socket, request.getBytes(US_ASCII));
        }
        assertThat(arrivals()).isEqualTo(2);
        add("{\"type\":\"slicer\",\"stream\":\"upstream\",\"attributes\":{\"average_size\":3}}");
        echoed(socket, "GET /c HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
        assertThat(arrivals()).isEqualTo(3);
        add("{\"type\":\"timeout\",\"stream\":\"upstream\"}");
        socket.getOutputStream().write("GET /d HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
        await().atMost(Duration.ofSeconds(5))
                .until(() -> stats().at("/toxics/1/bytes").intValue() > 0);
        assertThat(arrivals()).isEqualTo(3);
    }

    @Test
    void passesAHalfCloseOnAndThenCloses() throws Exception {
        var socket = connect();
        socket.getOutputStream().write(new byte[100]);
        socket.shutdownOutput();

        assertThat(socket.getInputStream().readAllBytes()).hasSize(100);
        await().atMost(Duration.ofSeconds(5)).until(() -> stats().get("open").intValue() == 0);
    }

    @Test
    void resetsConnectionsThatWereThereBefore() throws Exception {
        var socket = connect();
        millisFor(socket);
        add("{\"type\":\"reset_peer\",\"stream\":\"upstream\"}");
        socket.getOutputStream().write(1);

        assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
    }

    @Test
    void refusesAMalformedLink() throws Exception {
        var line = command(freePort());
        line.command().addAll(List.of("--proxy", "no-ports"));

        assertThat(line.redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor())
                .isEqualTo(2);
    }

    private JsonNode stats() throws Exception {
        return json(send("GET", "/proxies/" + LINK + "/stats", ""));
    }

    private int arrivals() throws Exception {
        return json(send("GET", "/proxies/" + LINK + "/arrivals", ""))
                .valueStream()
                .mapToInt(second -> second.get("requests").intValue())
                .sum();
    }
}
