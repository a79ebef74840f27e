package store.gateway;

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
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.edge.TestKeys;

/**
 * The executable jar, configured as it is deployed. Only this test would notice a dependency that repackaging left out.
 * And only in a JVM of its own does the gateway decide the settings of the JDK's HTTP client, because the client's
 * first user decides them.
 */
class GatewayJarIT {

    private static final Duration START_UP = Duration.ofSeconds(50);
    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

    @Test
    void startsAndServesAndNeverAsksTwice(@TempDir Path directory) throws Exception {
        TestKeys.generate().writeTo(directory);
        var log = directory.resolve("log");
        var inventory = new StubPeer();
        var gateway = start(directory, log, inventory);
        try (var http = HttpClient.newHttpClient();
                inventory) {
            var ports = await().atMost(START_UP)
                    .failFast(() -> assertThat(gateway.isAlive())
                            .as(Files.readString(log))
                            .isTrue())
                    .until(
                            () -> PORT.matcher(Files.readString(log))
                                    .results()
                                    .map(match -> match.group(1))
                                    .toList(),
                            found -> found.size() == 2);
            await().atMost(START_UP)
                    .until(() -> send(http, ports.getLast(), "/actuator/health/readiness", "GET")
                                    .statusCode()
                            == 200);

            var guest = send(http, ports.getFirst(), "/api/guests", "POST");

            assertThat(guest.statusCode()).isEqualTo(201);
            assertThat(guest.body()).contains("\"customerId\"", "\"token\"");

            inventory.behave(exchange -> {}); // hangs up
            assertThat(send(http, ports.getFirst(), "/api/products", "GET").statusCode())
                    .isEqualTo(503);
            assertThat(inventory.asked).hasSize(1);
        } finally {
            gateway.destroy();
            gateway.waitFor();
        }
    }

    private static Process start(Path directory, Path log, StubPeer inventory) throws Exception {
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                executableJar().toString());
        builder.environment()
                .putAll(Map.of(
                        "SERVER_ADDRESS", "127.0.0.1",
                        "SERVER_PORT", "0",
                        "MANAGEMENT_SERVER_ADDRESS", "127.0.0.1",
                        "MANAGEMENT_SERVER_PORT", "0",
                        "STORE_EDGE_ORDER_ADDRESS", "http://127.0.0.1:1",
                        "STORE_EDGE_INVENTORY_ADDRESS", inventory.url(),
                        "STORE_EDGE_GUEST_PRIVATE_KEY", "file:" + directory.resolve("private.pem"),
                        "STORE_EDGE_GUEST_PUBLIC_KEY", "file:" + directory.resolve("public.pem")));
        return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    private static Path executableJar() throws Exception {
        try (var jars = Files.newDirectoryStream(Path.of("target"), "gateway-*-exec.jar")) {
            return jars.iterator().next();
        }
    }

    private static HttpResponse<String> send(HttpClient http, String port, String path, String method)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.noBody())
                .build();
        return http.send(request, BodyHandlers.ofString(UTF_8));
    }
}
