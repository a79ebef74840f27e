package store.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A PostgreSQL server for tests; it ends with this JVM. */
record PostgresServer(String host, int port, String user, String password) {

    private static final String IMAGE = "postgres:18";

    /** This container removes the containers that a killed JVM leaves. Testcontainers sets the image's name. */
    static final String HELPER_IMAGE = "testcontainers/ryuk:0.14.0";

    private static final Path ENGINE = Path.of("/var/run/docker.sock");
    /** Each application context opens a pool, and Spring keeps contexts for the next test class. */
    private static final String MAX_CONNECTIONS = "200";

    static PostgresServer start(String source) {
        var whyNotDocker = source.equals("auto") ? whyNotDocker() : null;
        var choice = !source.equals("auto") ? source : whyNotDocker == null ? "docker" : "embedded";
        System.out.println("Test databases: " + choice + " PostgreSQL (store.postgres=" + source
                + (whyNotDocker == null ? ")" : ": " + whyNotDocker + ")"));
        return switch (choice) {
            case "docker" -> docker();
            case "embedded" -> embedded();
            default -> throw new IllegalArgumentException("store.postgres is auto, docker or embedded, not " + source);
        };
    }

    String urlOf(String database) {
        return "jdbc:postgresql://" + host + ":" + port + "/" + database;
    }

    private static PostgresServer embedded() {
        try {
            // unpacked once for each user, because another user may not run binaries that root unpacked
            var binaries =
                    Path.of(System.getProperty("java.io.tmpdir"), "store-postgres-" + System.getProperty("user.name"));
            var server = EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(binaries.toFile())
                    .setServerConfig("max_connections", MAX_CONNECTIONS)
                    .start();
            return new PostgresServer("localhost", server.getPort(), "postgres", "postgres");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the embedded PostgreSQL", e);
        }
    }

    @SuppressWarnings("resource") // ends with the JVM
    private static PostgresServer docker() {
        var container = new PostgreSQLContainer(IMAGE)
                .withCommand("postgres", "-c", "fsync=off", "-c", "max_connections=" + MAX_CONNECTIONS);
        container.start();
        Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
        return new PostgresServer(
                container.getHost(),
                container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                container.getUsername(),
                container.getPassword());
    }

    /** Why the engine cannot serve the tests; null if it can. */
    private static @Nullable String whyNotDocker() {
        if (!Files.exists(ENGINE)) {
            return "there is no Docker engine at " + ENGINE;
        }
        // Testcontainers starts its helper first, and waits for minutes if the helper's image cannot be fetched.
        var withoutHelper = Boolean.parseBoolean(System.getenv("TESTCONTAINERS_RYUK_DISABLED"));
        for (var image : withoutHelper ? List.of(IMAGE) : List.of(IMAGE, HELPER_IMAGE)) {
            if (!engineHas(image)) {
                return "the Docker engine does not have " + image + ", or does not answer within 2 s";
            }
        }
        return null;
    }

    /**
     * Asks the engine's socket directly, because Testcontainers would search for an engine and try to pull the image
     * for minutes. To use an engine over TCP, set {@code -Dstore.postgres=docker}.
     */
    private static boolean engineHas(String image) {
        var answered = CompletableFuture.supplyAsync(() -> {
            try (var engine = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                engine.connect(UnixDomainSocketAddress.of(ENGINE));
                engine.write(ByteBuffer.wrap(("GET /images/" + image + "/json HTTP/1.0\r\nHost: docker\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII)));
                var statusLine = ByteBuffer.allocate(12);
                while (statusLine.hasRemaining() && engine.read(statusLine) >= 0) {
                    // the rest of the answer does not matter
                }
                return new String(statusLine.array(), 0, statusLine.position(), StandardCharsets.US_ASCII)
                        .endsWith(" 200");
            } catch (IOException e) {
                return false;
            }
        });
        try {
            return answered.get(2, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException _) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
