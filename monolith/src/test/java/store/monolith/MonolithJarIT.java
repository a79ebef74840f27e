package store.monolith;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The executable jar, configured by environment variables as it is deployed, and told to stop. */
class MonolithJarIT {

    private static final Duration START_UP = Duration.ofSeconds(50);
    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final int SIGTERM_EXIT = 128 + 15;

    @Test
    void startsSellsAndStops(@TempDir Path folder) throws Exception {
        var surroundings = Surroundings.in(folder);
        var log = folder.resolve("log");
        var monolith = start(surroundings, log);
        try (var http = HttpClient.newHttpClient();
                var _ = surroundings.acquirer()) {
            var ports = await().atMost(START_UP)
                    .failFast(() -> assertThat(monolith.isAlive())
                            .as(Files.readString(log))
                            .isTrue())
                    .until(
                            () -> PORT.matcher(Files.readString(log))
                                    .results()
                                    .map(match -> match.group(1))
                                    .toList(),
                            found -> found.size() == 2);
            await().atMost(START_UP)
                    .until(() -> send(http, request(ports.getLast(), "/actuator/health/readiness"))
                                    .statusCode()
                            == 200);

            var guest = send(http, request(ports.getFirst(), "/api/guests").POST(BodyPublishers.noBody()));
            var token = guest.body().replaceAll(".*\"token\":\"([^\"]*)\".*", "$1");
            var order = send(
                    http,
                    request(ports.getFirst(), "/api/orders")
                            .header("Authorization", "Bearer " + token)
                            .header("Idempotency-Key", "the-first")
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":1}],"
                                    + "\"payment\":{\"token\":\"tok_visa\"},"
                                    + "\"expectedTotal\":{\"amount\":690,\"currency\":\"EUR\"}}")));

            assertThat(order.statusCode()).as(order.body()).isEqualTo(201);
            monolith.destroy();
            assertThat(monolith.waitFor()).isEqualTo(SIGTERM_EXIT);
            assertThat(Files.readString(log))
                    .contains("Graceful shutdown complete")
                    .doesNotContain(" ERROR ", " WARN ");
        } finally {
            monolith.destroyForcibly().waitFor();
        }
    }

    private static Process start(Surroundings surroundings, Path log) throws Exception {
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                executableJar().toString());
        surroundings
                .settings()
                .forEach((name, value) -> builder.environment()
                        .put(name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_'), value));
        return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    private static Path executableJar() throws Exception {
        try (var jars = Files.newDirectoryStream(Path.of("target"), "monolith-*-exec.jar")) {
            return jars.iterator().next();
        }
    }

    private static HttpRequest.Builder request(String port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private static HttpResponse<String> send(HttpClient http, HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString(UTF_8));
    }
}
