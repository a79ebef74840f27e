package store.acquirer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AcquirerSandboxTest {

    @TempDir
    Path folder;

    private final SettableClock clock = new SettableClock();
    private final UUID order = UUID.fromString("01936c1e-8a00-7abc-9def-0123456789ab");
    private AcquirerSandbox sandbox;
    private Client client;

    @BeforeEach
    void start() throws IOException {
        sandbox = AcquirerSandbox.start(AcquirerSettings.defaults(folder), clock);
        client = new Client(sandbox.port());
    }

    @AfterEach
    void stop() {
        client.close();
        sandbox.close();
    }

    @Test
    void answersACaptureWithItsMovement() throws Exception {
        HttpResponse<String> answer = client.send("PUT", "/captures/sandbox-1", Client.capture(order, "tok_visa"));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body()).matches("""
            \\{"orderId":"01936c1e-8a00-7abc-9def-0123456789ab","movement":\\{"id":"[0-9a-f-]{36}","key":"sandbox-1",\
            "orderId":"01936c1e-8a00-7abc-9def-0123456789ab","kind":"CAPTURE",\
            "amount":\\{"amount":1999,"currency":"EUR"},"at":"2026-11-20T12:00:00Z"}}\
            """);
        String movement = movementOf(answer);
        assertThat(client.get("/movements?orderId=" + order).body())
                .isEqualTo("{\"orderId\":\"" + order + "\",\"movements\":[" + movement + "]}");
        assertThat(client.get("/statement").body()).isEqualTo("{\"movements\":[" + movement + "],\"next\":null}");
    }

    @Test
    void answersVoidsAndRefundsWithTheirMovements() throws Exception {
        String movement = movementOf(client.send("PUT", "/captures/a", Client.capture(order, "tok_visa")));
        String id = movement.substring(movement.indexOf("\"id\":\"") + 6).substring(0, 36);
        String refund = """
            {"orderId":"%s","captureId":"%s","amount":{"amount":1,"currency":"EUR"}}\
            """.formatted(order, id);

        assertThat(client.send("PUT", "/refunds/r", refund).body())
                .startsWith("{\"orderId\":\"" + order + "\",\"movement\":{")
                .contains("\"kind\":\"REFUND\"");
        assertRefused(409, "ALREADY_UNDONE", client.send("POST", "/captures/a/void", forOrder()));
        client.send("PUT", "/captures/b", Client.capture(order, "tok_visa"));
        assertThat(client.send("POST", "/captures/b/void", forOrder()).body())
                .startsWith("{\"orderId\":\"" + order + "\",\"undone\":{\"id\":")
                .contains("},\"movement\":{\"id\":", "\"kind\":\"VOID\"")
                .doesNotContain(movement);
        assertThat(client.send("POST", "/captures/unseen/void", forOrder()).body())
                .isEqualTo("{\"orderId\":\"" + order + "\",\"undone\":null,\"movement\":null}");
    }

    @Test
    void answersEachRefusalWithItsStatusAndReason() throws Exception {
        assertRefused(402, "CARD_DECLINED", client.send("PUT", "/captures/1", Client.capture(order, "tok_declined")));
        assertRefused(
                402,
                "INSUFFICIENT_FUNDS",
                client.send("PUT", "/captures/2", Client.capture(order, "tok_insufficient_funds")));
        assertRefused(503, "UNAVAILABLE", client.send("PUT", "/captures/3", Client.capture(order, "tok_unavailable")));
        assertRefused(422, "CONTRADICTION", client.send("PUT", "/captures/3", Client.capture(order, "tok_visa")));
        client.send("POST", "/captures/4/void", forOrder());
        assertRefused(410, "VOIDED", client.send("PUT", "/captures/4", Client.capture(order, "tok_visa")));
        String refund = """
            {"orderId":"%s","captureId":"%s","amount":{"amount":1,"currency":"EUR"}}\
            """.formatted(order, order);
        assertRefused(404, "UNKNOWN_CAPTURE", client.send("PUT", "/refunds/5", refund));
    }

    @Test
    void refusesAnUnknownCursor() throws Exception {
        assertThat(client.get("/statement?after=" + order).body())
                .isEqualTo("{\"title\":\"Not Found\",\"status\":404,\"reason\":\"UNKNOWN_CURSOR\"}");
    }

    @Test
    void refusesVoidsAfterTheirWindow() throws Exception {
        sandbox.close();
        sandbox = AcquirerSandbox.start(AcquirerSettings.defaults(folder).withVoidWindow(Duration.ofMinutes(1)), clock);
        try (var merchant = new Client(sandbox.port())) {
            merchant.send("PUT", "/captures/1", Client.capture(order, "tok_visa"));
            clock.advance(Duration.ofMinutes(1));
            assertRefused(409, "VOID_WINDOW_CLOSED", merchant.send("POST", "/captures/1/void", forOrder()));
        }
    }

    @Test
    void answersTheFirstSlowCallLateAndARepeatAtOnce() throws Exception {
        long start = System.nanoTime();
        var first = client.begin("PUT", "/captures/1", Client.capture(order, "tok_slow"));
        await().until(() -> client.get("/movements?orderId=" + order).body().contains("CAPTURE"));
        HttpResponse<String> repeat = client.send("PUT", "/captures/1", Client.capture(order, "tok_slow"));

        assertThat(first)
                .as("the repeat is answered while the first call waits")
                .isNotDone();
        assertThat(first.get().body()).isEqualTo(repeat.body());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(2500));
    }

    @Test
    void neverAnswersTheFirstSilentCallButARepeatAtOnce() throws Exception {
        var first = client.begin("PUT", "/captures/1", Client.capture(order, "tok_silent"));
        await().until(() -> client.get("/movements?orderId=" + order).body().contains("CAPTURE"));

        assertThat(client.send("PUT", "/captures/1", Client.capture(order, "tok_silent"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(first).isNotDone();
        sandbox.close();
        assertThatThrownBy(first::get).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void closesTheOldestUnansweredCallWhenThereAreTooMany() {
        var first = client.begin("PUT", "/captures/first", Client.capture(order, "tok_silent"));
        await().until(() -> client.get("/movements?orderId=" + order).body().contains("CAPTURE"));
        for (int i = 0; i < HttpApi.MAX_UNANSWERED; i++) {
            var _ = client.begin("PUT", "/captures/" + i, Client.capture(new UUID(i, i), "tok_silent"));
        }

        await().untilAsserted(() -> assertThat(first).isCompletedExceptionally());
    }

    @Test
    void continuesAfterARestart() throws Exception {
        String before = client.send("PUT", "/captures/1", Client.capture(order, "tok_declined"))
                .body();
        client.send("PUT", "/captures/2", Client.capture(order, "tok_visa"));
        String statement = client.get("/statement").body();
        stop();
        start();

        assertThat(client.get("/statement").body()).isEqualTo(statement);
        assertThat(client.send("PUT", "/captures/1", Client.capture(order, "tok_declined"))
                        .body())
                .isEqualTo(before);
    }

    @Test
    void answers404ToAnUnknownCursor() throws Exception {
        HttpResponse<String> answer = client.get("/statement?after=" + order);

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("\"reason\":\"UNKNOWN_CURSOR\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | /                        | 404",
                "GET  | /captures                | 404",
                "PUT  | /captures/1/refund       | 404",
                "PUT  | /captures/1/void/now     | 404",
                "GET  | /statements              | 404",
                "GET  | /captures/1              | 405",
                "HEAD | /health                  | 405",
                "POST | /captures/1              | 405",
                "PUT  | /captures/1/void         | 405",
                "DELETE | /refunds/1             | 405",
                "POST | /statement               | 405",
                "GET  | /movements               | 400",
                "GET  | /movements?orderId=1-1-1-1-1 | 400",
                "GET  | /movements?order=1       | 400",
                "GET  | /statement?limit=0       | 400",
                "GET  | /statement?limit=1001    | 400",
                "GET  | /statement?limit=-1      | 400",
                "GET  | /statement?limit         | 400",
                "GET  | /statement?limit=1&limit=2 | 400",
                "GET  | /statement?after=x       | 400",
                "GET  | /statement?after=01936c1e-8a00-7abc-9def-0123456789ab | 404",
                "GET  | /statement?limit=1000    | 200",
                "GET  | /health                  | 200",
            })
    void knowsItsPathsMethodsAndQueries(String method, String path, int status) throws Exception {
        HttpResponse<String> answer = client.send(method, path, "");

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Allow").isPresent()).isEqualTo(status == 405);
        assertThat(answer.headers().firstValue("Content-Type"))
                .contains(status == 200 ? "application/json" : "application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"orderId\":1,\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1,\"currency\":\"EUR\"}}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"token\":\"\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"token\":\"t\",\"more\":1}",
                "{\"orderId\":\"ID\",\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":1,\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":0,\"currency\":\"EUR\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":-1,\"currency\":\"EUR\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1.5,\"currency\":\"EUR\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":\"1\",\"currency\":\"EUR\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1000000000000,\"currency\":\"EUR\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1,\"currency\":\"eur\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1,\"currency\":\"ZZZ\"},\"token\":\"t\"}",
                "{\"orderId\":\"ID\",\"amount\":{\"amount\":1,\"currency\":\"EUR\",\"x\":1},\"token\":\"t\"}",
                "{\"orderId\":\"1-1-1-1-1\",\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"token\":\"t\"}"
            })
    void refusesBodiesThatAreNotACapture(String body) throws Exception {
        String whole = body.replace("ID", order.toString());

        assertThat(client.send("PUT", "/captures/1", whole).statusCode()).isEqualTo(400);
        assertThat(client.keysOfTheStatement()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "%20", "a%2Fb", "ä"})
    void refusesInvalidKeys(String key) throws Exception {
        String path = "/captures/" + key.replace("ä", "%C3%A4");

        assertThat(client.send("PUT", path, Client.capture(order, "tok_visa")).statusCode())
                .isEqualTo(400);
        assertThat(client.send("PUT", "/captures/" + "k".repeat(129), Client.capture(order, "tok_visa"))
                        .statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(ints = {(1 << 16) + 1, 1_000_000})
    void refusesBodiesThatAreTooLong(int length) throws Exception {
        assertThat(client.send("PUT", "/captures/1", " ".repeat(length)).statusCode())
                .isEqualTo(413);
    }

    @Test
    void answersNoInputWithAServerError() throws Exception {
        var random = new Random(7);
        String good = "PUT /captures/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n{\"a\":{}}";
        for (int i = 0; i < 300; i++) {
            byte[] bytes = good.getBytes(ISO_8859_1);
            for (int j = 0; j <= i % 5; j++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try (var socket = new Socket("127.0.0.1", sandbox.port())) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
                assertThat(answer).as(new String(bytes, ISO_8859_1)).matches("|HTTP/1.1 (4..|501)");
            }
        }
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void refusesASecondSandboxInItsFolder() {
        assertThatThrownBy(() -> AcquirerSandbox.start(AcquirerSettings.defaults(folder)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in use");
    }

    private String forOrder() {
        return "{\"orderId\":\"" + order + "\"}";
    }

    private String movementOf(HttpResponse<String> answer) {
        String before = "{\"orderId\":\"" + order + "\",\"movement\":";
        assertThat(answer.body()).startsWith(before);
        return answer.body().substring(before.length(), answer.body().length() - 1);
    }

    private void assertRefused(int status, String reason, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body())
                .contains("\"status\":" + status, "\"reason\":\"" + reason + "\"", "\"orderId\":\"" + order + "\"");
    }
}
