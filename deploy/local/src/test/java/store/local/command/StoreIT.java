package store.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import store.local.supervision.InstanceFolder;
import store.local.topology.Ports;
import tools.jackson.databind.JsonNode;

/** Starts, breaks and stops the real store by the scripts, with the executable jars. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StoreIT {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final String NAME = "it-" + ProcessHandle.current().pid();
    private static final Path FOLDER = ROOT.resolve("deploy/local/.state").resolve(NAME);
    private static final Duration RECOVERY = Duration.ofSeconds(60);

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static String gateway = "";
    private static String port = "";
    private static Answer up = new Answer(-1, "");
    private static String authorization = "";
    private static String order = "";

    private record Answer(int exitCode, String output) {}

    @BeforeAll
    static void up() throws IOException, InterruptedException {
        port = Integer.toString(new Ports().take());
        gateway = "http://127.0.0.1:" + port;
        up = script("up", "--port", port, "--no-build", "--stock", "50");
    }

    @AfterAll
    static void remove() throws IOException, InterruptedException {
        script("down");
        HTTP.close();
        PathUtils.deleteDirectory(FOLDER);
    }

    @Test
    @Order(1)
    void upEndsWithAConfirmedOrder() throws IOException, InterruptedException {
        assertThat(up.exitCode()).as(up.output()).isZero();
        assertThat(up.output()).containsPattern("(?m)^order [0-9a-f-]{36} CONFIRMED$");

        DemoOrder demo = new DemoOrder(gateway, new PrintStream(new ByteArrayOutputStream()));
        demo.place();
        order = demo.id();
        authorization = demo.authorization();
        assertThat(orderStatus()).isEqualTo("CONFIRMED");
    }

    @Test
    @Order(2)
    void statusShowsEveryPartUpWithItsAddress() throws IOException, InterruptedException {
        List<JsonNode> parts = parts();

        assertThat(parts)
                .hasSize(8)
                .allSatisfy(part -> assertThat(part.path("state").stringValue()).isEqualTo("up"));
        assertThat(part("gateway").path("url").stringValue()).isEqualTo(gateway);
        assertThat(part("order-db").path("jdbcUrl").stringValue()).endsWith("/orders");
    }

    @Test
    @Order(3)
    void stockBeginsWithTheRequestedNumber() throws IOException, InterruptedException {
        JsonNode products =
                InstanceFolder.JSON.readTree(get("/api/products").body()).path("products");

        assertThat(products).isNotEmpty();
        // Two orders have taken one piece each of the first product.
        assertThat(products.path(0).path("available").asInt()).isEqualTo(48);
        assertThat(products.path(1).path("available").asInt()).isEqualTo(50);
    }

    @Test
    @Order(4)
    void upRefusesARunningInstanceAndNamesATakenPort() throws IOException, InterruptedException {
        assertThat(script("up", "--no-build"))
                .satisfies(second -> assertThat(second.exitCode()).isEqualTo(1))
                .satisfies(second -> assertThat(second.output()).contains("is running already"));
        Answer beside = run("deploy/local/up", "--name", NAME + "b", "--no-build", "--port", port);
        assertThat(beside.exitCode()).isEqualTo(1);
        assertThat(beside.output()).contains("port " + port + " is taken");
        PathUtils.deleteDirectory(FOLDER.resolveSibling(NAME + "b"));
    }

    @Test
    @Order(5)
    void aKilledServiceComesBackWithItsOrders() throws IOException, InterruptedException {
        killAndAwaitReturn("order-service");
        await().atMost(RECOVERY).ignoreExceptions().until(() -> orderStatus().equals("CONFIRMED"));
    }

    @Test
    @Order(6)
    void aKilledDatabaseComesBackWithItsOrders() throws IOException, InterruptedException {
        killAndAwaitReturn("order-db");
        await().atMost(RECOVERY).ignoreExceptions().until(() -> orderStatus().equals("CONFIRMED"));
    }

    @Test
    @Order(6)
    void anOperatorEndsAnOrderThatNeedsAttention() throws IOException, InterruptedException, SQLException {
        long random = ThreadLocalRandom.current().nextLong();
        String stuck = new UUID(System.currentTimeMillis() << 16 | 0x7000, random >>> 2 | Long.MIN_VALUE).toString();
        JsonNode database = part("order-db");
        try (Connection connection = DriverManager.getConnection(
                        database.path("jdbcUrl").stringValue(),
                        database.path("user").stringValue(),
                        database.path("password").stringValue());
                Statement statement = connection.createStatement()) {
            statement.execute("""
                insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines, expected_amount,
                    expected_currency, status, reason, due_at)
                values ('%1$s', '%1$s', 'stuck', '', '[{"sku": "sku-001", "quantity": 1, "name": null, "unitPrice": null}]',
                    690, 'EUR', 'NEEDS_ATTENTION', 'CONTRADICTION', now())
                """.formatted(stuck));
        }
        assertThat(script("operator", "list").output()).contains(stuck);
        Answer refused = script("operator", "resolve", stuck, "--as", "confirmed", "--why", "it was paid");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).contains("the card token is gone");

        Answer done = script("operator", "resolve", stuck, "--as", "cancelled", "--why", "it was not paid");

        assertThat(done.exitCode()).as(done.output()).isZero();
        await().atMost(RECOVERY)
                .until(() -> script("operator", "show", stuck).output().matches("(?s).*status +CANCELLED.*"));
        assertThat(script("operator", "list").output()).doesNotContain(stuck);
        assertThat(get("/operator/orders").statusCode()).isEqualTo(404);
    }

    @Test
    @Order(6)
    void anOperatorSeesTheDiscrepanciesThatReconciliationCannotExplain()
            throws IOException, InterruptedException, SQLException {
        JsonNode database = part("payment-db");
        try (Connection connection = DriverManager.getConnection(
                        database.path("jdbcUrl").stringValue(),
                        database.path("user").stringValue(),
                        database.path("password").stringValue());
                Statement statement = connection.createStatement()) {
            statement.execute("""
                insert into payments.discrepancy (acquirer, kind, about, movement_id, detail)
                values ('sandbox', 'UNREADABLE_MOVEMENT', 'from-next-year', 'from-next-year', 'its kind cannot be read')
                """);
        }
        Answer shown = script("operator", "reconcile");
        assertThat(shown.exitCode()).as(shown.output()).isZero();
        assertThat(shown.output())
                .contains("1 open", "UNREADABLE_MOVEMENT", "from-next-year", "its kind cannot be read");
        assertThat(script("operator", "reconcile", "--all", "--json").output()).contains("\"from-next-year\"");
        assertThat(get("/operator/reconciliation").statusCode()).isEqualTo(404);
    }

    @Test
    @Order(7)
    void restartReturnsWhenThePartIsReady() throws IOException, InterruptedException {
        assertThat(script("restart", "gateway").exitCode()).isZero();
        assertThat(orderStatus()).isEqualTo("CONFIRMED");
    }

    @Test
    @Order(8)
    void upClearsUpAfterAKilledSupervisorAndKeepsTheData() throws IOException, InterruptedException {
        List<ProcessHandle> orphans = processes();
        new InstanceFolder(FOLDER).supervisor().orElseThrow().destroyForcibly();
        await().atMost(RECOVERY).until(() -> script("status").exitCode() == 1);
        assertThat(orphans).allMatch(ProcessHandle::isAlive);

        Answer again = script("up", "--port", port, "--no-build");

        assertThat(again.exitCode()).as(again.output()).isZero();
        assertThat(orphans).noneMatch(ProcessHandle::isAlive);
        assertThat(orderStatus()).isEqualTo("CONFIRMED");
    }

    @Test
    @Order(9)
    void downLeavesNothingBehind() throws IOException, InterruptedException {
        List<ProcessHandle> processes = processes();
        List<Integer> ports = parts().stream()
                .flatMap(part -> Stream.of("url", "managementUrl", "jdbcUrl").map(part::path))
                .filter(JsonNode::isString)
                .map(url -> URI.create(url.stringValue().replace("jdbc:", "")).getPort())
                .toList();

        assertThat(script("down").exitCode()).isZero();

        assertThat(processes).hasSize(8).noneMatch(ProcessHandle::isAlive);
        assertThat(ports).hasSize(12).allMatch(Ports::isFree);
        assertThat(FOLDER).isDirectoryNotContaining("glob:**/{lock,plan.json,running.json}");
        try (Stream<Path> files = Files.walk(FOLDER.resolve("data"))) {
            assertThat(files).noneMatch(file -> file.endsWith("postmaster.pid"));
        }
    }

    @Test
    @Order(10)
    void dataOnlyStartsThePartsThatKeepData() throws IOException, InterruptedException {
        assertThat(script("up", "--data-only", "--no-build").exitCode()).isZero();
        assertThat(parts())
                .extracting(part -> part.path("name").stringValue())
                .containsExactly("order-db", "inventory-db", "payment-db", "acquirer-sandbox");
        assertThat(script("down").exitCode()).isZero();
    }

    private static void killAndAwaitReturn(String name) throws IOException, InterruptedException {
        long pid = part(name).path("pid").longValue();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        await().atMost(RECOVERY).until(() -> {
            JsonNode now = part(name);
            return now.path("state").stringValue().equals("up")
                    && now.path("pid").longValue() != pid;
        });
    }

    private static String orderStatus() throws IOException, InterruptedException {
        return InstanceFolder.JSON
                .readTree(get("/api/orders/" + order).body())
                .path("status")
                .stringValue();
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(gateway + path))
                .header("Authorization", authorization)
                .timeout(Duration.ofSeconds(10))
                .build();
        return HTTP.send(request, BodyHandlers.ofString());
    }

    private static JsonNode part(String name) throws IOException, InterruptedException {
        return parts().stream()
                .filter(part -> part.path("name").stringValue().equals(name))
                .findAny()
                .orElseThrow();
    }

    private static List<JsonNode> parts() throws IOException, InterruptedException {
        List<JsonNode> parts = new ArrayList<>();
        InstanceFolder.JSON
                .readTree(script("status", "--json").output())
                .path("parts")
                .forEach(parts::add);
        return parts;
    }

    private static List<ProcessHandle> processes() throws IOException, InterruptedException {
        return parts().stream()
                .map(part -> ProcessHandle.of(part.path("pid").longValue()).orElseThrow())
                .toList();
    }

    private static Answer script(String command, String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("deploy/local/" + command));
        line.addAll(List.of(arguments));
        line.addAll(List.of("--name", NAME));
        return run(line.toArray(String[]::new));
    }

    private static Answer run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("store", ".out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
        try {
            return new Answer(process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }
}
