package store.chaos.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.StartedStore;
import store.chaos.journal.Journal;
import store.chaos.running.RunningStore;
import store.chaos.running.RunningStore.Part;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs the command against a real store: unchanged, with rows that the test has changed, and stopped. */
@TestMethodOrder(OrderAnnotation.class)
class AuditIT {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration END_BOUND = Duration.ofSeconds(60);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** More than recovery and the retries of these few orders may send in ten seconds. */
    private static final int STORM = 1000;

    @TempDir
    private static Path directory;

    private static StartedStore store;
    private static String name = "";
    private static Path journal;
    private static Path evidence = Path.of("");
    private static Instant planted = Instant.EPOCH;

    private static Placed charged;
    private static Placed declined;
    private static Placed changed;
    private static Placed soldOut;
    private static Placed silent;
    private static Placed unheard;

    /** An order, and the answer that its client got. */
    private record Placed(UUID id, Journal.Entry seen, long total) {
        /** A look of the same customer at another order, without a key. */
        Journal.Entry asked(UUID order) {
            var body = "{\"id\":\"" + order + "\",\"status\":\"PENDING\"}";
            return new Journal.Entry(seen.at(), null, seen.customer(), "order", 1, 200, body, 1);
        }

        Journal.Entry seen(int status, String body) {
            return new Journal.Entry(
                    seen.at(), seen.key(), seen.customer(), seen.call(), seen.attempt(), status, body, seen.millis());
        }
    }

    @BeforeAll
    static void placeOrders() throws Exception {
        store = StartedStore.up("services", 100, "--links");
        name = "services-" + ProcessHandle.current().pid();
        var guest = JSON.readTree(send("POST", store.gateway() + "/api/guests", Map.of(), ""));
        charged = place(guest, "tok_visa", 1, true);
        declined = place(guest, "tok_declined", 1, true);
        changed = place(guest, "tok_visa", 1, false);
        soldOut = place(guest, "tok_visa", 100, true);
        silent = place(guest, "tok_silent", 1, true);
        unheard = place(guest, "tok_visa", 1, true);
        journal = written("journal.jsonl", charged.seen, declined.seen, changed.seen, soldOut.seen, silent.seen);
        var load = directory.resolve("load");
        // The exit code is 3 if the machine was too busy to measure; this test needs only the orders.
        assertThat(store.run(
                        "chaos/load",
                        "--rate",
                        "20",
                        "--for",
                        "2s",
                        "--cards",
                        "tok_visa=8,tok_declined=1,tok_unavailable=1",
                        "--out",
                        load.toString()))
                .isIn(0, 3);
        Files.write(journal, Files.readAllBytes(load.resolve("journal.jsonl")), StandardOpenOption.APPEND);
        await().atMost(END_BOUND)
                .until(() -> store.query(
                                "orders",
                                "select (select count(*) from orders.orders where answer_status is null)"
                                        + " + (select count(*) from orders.settlement)")
                        .equals(List.of(List.of("0"))));
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @Test
    @Order(1)
    void holdsForARealStore() throws Exception {
        var verdict = audit(0, "--journal", journal.toString());
        assertThat(verdict.path("verdict").asString()).isEqualTo("held");
        assertThat(store.query("orders", "select count(*) from orders.orders"))
                .isEqualTo(List.of(List.of(verdict.path("orders").asString())));
        assertThat(verdict.path("branches").path("priceChanged").asInt()).isOne();
        assertThat(verdict.path("branches").path("ambiguousThenResolved").asInt())
                .isPositive();
        assertThat(verdict.path("invariants").path("I9").path("checked").asInt())
                .as("receivers whose links counted something")
                .isGreaterThanOrEqualTo(3);
        assertThat(breaches("audit", verdict)).isEmpty();
        assertThat(breaches("load", JSON.readTree(directory.resolve("load/load.json"))))
                .isEmpty();
        var lines = Files.readAllLines(journal).stream().map(JSON::readTree).toArray(JsonNode[]::new);
        assertThat(breaches("journal", lines)).isEmpty();
    }

    @Test
    @Order(2)
    void auditsForATestInItsOwnProcess() throws Exception {
        var verdict = Auditor.audit(described("auditor", password()), journal, Bounds.STANDARD);
        assertThat(verdict.verdict()).isEqualTo("not-shown");
        assertThat(verdict.invariants().entrySet())
                .filteredOn(invariant -> invariant.getValue().held() == null)
                .extracting(Map.Entry::getKey)
                .containsExactly("I9");
        assertThat(breaches("audit", JSON.valueToTree(verdict))).isEmpty();
    }

    @Test
    @Order(3)
    void readsAsARoleThatCannotWrite() throws Exception {
        try (var connection = new StoreReader(described("auditor", password())).connect("orders");
                var statement = connection.createStatement()) {
            connection.setReadOnly(false);
            statement.execute("set transaction read write");
            assertThatThrownBy(() -> statement.execute("update orders.orders set due_at = now()"))
                    .hasMessageContaining("permission denied");
        }
        // The role has five connections. With all of them taken, the audit cannot read.
        var taken = new ArrayList<Connection>();
        var url = url("order-db");
        try {
            // A connection that was just closed may still count.
            await().ignoreExceptions().atMost(END_BOUND).until(() -> {
                taken.add(DriverManager.getConnection(url, "auditor", password()));
                return taken.size() == 5;
            });
            assertThat(store.run("chaos/audit")).isEqualTo(2);
        } finally {
            for (var connection : taken) {
                connection.close();
            }
        }
    }

    @Test
    @Order(4)
    void namesEachOrderThatTheTestHasChanged() throws Exception {
        planted = Instant.now(); // from now on no order has any time
        var stuck = UUID.randomUUID();
        var ghost = UUID.randomUUID();
        withoutHistory("update inventory.reservation set state = 'COMMITTED' where order_id = '" + declined.id + "'");
        capture(silent);
        capture(soldOut);
        store.query(
                "payments",
                "update payments.payment set state = 'VOIDING', due_at = now() where order_id = '" + charged.id
                        + "' returning 1");
        store.query(
                "orders",
                "with stuck as (insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines,"
                        + " expected_amount, expected_currency, status, reason, due_at) values ('" + stuck
                        + "', gen_random_uuid(), 'stuck', '', '[]', 1, 'EUR', 'PENDING', 'AWAITING_STOCK',"
                        + " now() + interval '1 hour') returning *) insert into orders.order_audit"
                        + " (order_id, event, status, reason, actor, lease_token)"
                        + " select id, 'CHANGED', status, reason, 'REQUEST', 1 from stuck returning 1");
        store.query(
                "orders",
                "insert into orders.order_audit (order_id, event, status, actor, lease_token) values ('" + changed.id
                        + "', 'CHANGED', 'CONFIRMED', 'RECOVERY', 9) returning 1");
        var link = JSON.readTree(send(
                "GET",
                store.part("links").path("url").asString() + "/proxies/order-service:payment-service",
                Map.of(),
                ""));
        for (var i = 0; i < STORM; i++) {
            send("GET", "http://" + link.path("listen").asString() + "/storm", Map.of(), "");
        }
        evidence = written(
                "evidence.jsonl",
                charged.seen(201, charged.seen.body() + " "),
                declined.asked(ghost),
                unheard.seen(503, "{\"type\":\"https://checkout-store.example/problems/not-accepted\"}"));
        Files.write(evidence, Files.readAllBytes(journal), StandardOpenOption.APPEND);
        await().atMost(END_BOUND)
                .until(() -> store.statement()
                        .getOrDefault(charged.id.toString(), List.of())
                        .contains("VOID"));

        var verdict = auditEvidence();
        assertThat(verdict.path("invariants").path("I9").path("violations").toString())
                .contains("payment-service: ");
        assertThat(verdict.path("histories")
                        .path(charged.id.toString())
                        .valueStream()
                        .map(event -> event.path("source").asString()))
                .contains("audit", "reservation", "payment event", "payment", "ledger", "statement", "journal");
        var broken = verdict.path("invariants");
        assertThat(broken.path("I1").path("violations").toString()).contains("sku-");
        assertThat(named(broken, "I2")).containsExactly(silent.id);
        assertThat(named(broken, "I3")).containsExactly(soldOut.id);
        assertThat(named(broken, "I4")).containsExactlyInAnyOrder(charged.id, declined.id, soldOut.id);
        assertThat(named(broken, "I5")).containsExactly(ghost);
        assertThat(named(broken, "I6")).containsExactly(charged.id);
        assertThat(named(broken, "I7")).containsExactlyInAnyOrder(stuck, changed.id);
        assertThat(named(broken, "I8")).containsExactlyInAnyOrder(changed.id, declined.id);
        assertThat(broken.path("I8").path("violations").toString())
                .contains("its reservation's events end RELEASED, but the reservation is COMMITTED");
        assertThat(named(broken, "I10")).containsExactly(unheard.id);
        assertThat(breaches("audit", verdict)).isEmpty();
    }

    @Test
    @Order(5)
    void auditsAStoreAtRestAndLeavesItAtRest() throws Exception {
        assertThat(store.run("deploy/local/down")).isZero();
        var broken = auditEvidence().path("invariants");
        assertThat(broken.propertyNames())
                .filteredOn(invariant -> !broken.path(invariant).path("held").equals(JSON.valueToTree(false)))
                .containsExactly("I9");
        assertThatNothingIsLeft();
    }

    @Test
    @Order(6)
    void leavesNothingRunningWhenItIsInterrupted() throws Exception {
        var audit = start("--name", name);
        var plan = state().resolve("plan.json");
        await().atMost(END_BOUND).until(() -> Files.exists(plan));
        new ProcessBuilder("kill", "-INT", Long.toString(audit.pid())).start().waitFor();
        assertThat(audit.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(audit.exitValue()).isEqualTo(130);
        assertThatNothingIsLeft();
    }

    @Test
    void saysThatThereIsNoSuchStore() throws Exception {
        var process = start("--name", "no-such-store");
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
    }

    private static void assertThatNothingIsLeft() throws Exception {
        assertThat(store.run("deploy/local/status")).isEqualTo(1);
        assertThat(ProcessHandle.allProcesses()
                        .flatMap(process -> process.info().commandLine().stream())
                        .filter(command -> command.contains(state().toString())))
                .isEmpty();
    }

    private static JsonNode auditEvidence() throws IOException, InterruptedException {
        return audit(1, "--journal", evidence.toString(), "--fault-ended", planted.toString(), "--within", "0");
    }

    private static List<UUID> named(JsonNode invariants, String invariant) {
        return invariants
                .path(invariant)
                .path("violations")
                .valueStream()
                .map(violation -> UUID.fromString(violation.path("orderId").asString()))
                .distinct()
                .toList();
    }

    /** The violations of the schema in the documents. */
    private static List<com.networknt.schema.Error> breaches(String schema, JsonNode... documents) throws IOException {
        try (var file = Files.newInputStream(ROOT.resolve("chaos/schema/" + schema + ".schema.json"))) {
            var validator = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(file);
            return Stream.of(documents)
                    .flatMap(document -> validator
                            .validate(
                                    document,
                                    context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
                            .stream())
                    .toList();
        }
    }

    /** The store in the words of a test that has started it in another way. */
    private static RunningStore described(String user, String password) throws IOException, InterruptedException {
        return new RunningStore(
                name,
                "services",
                store.gateway(),
                List.of(
                        Part.database("order-db", url("order-db"), user, password),
                        Part.database("inventory-db", url("inventory-db"), user, password),
                        Part.database("payment-db", url("payment-db"), user, password),
                        Part.service("acquirer-sandbox", acquirer())));
    }

    private static String url(String database) throws IOException, InterruptedException {
        return store.part(database).path("jdbcUrl").asString();
    }

    private static String acquirer() throws IOException, InterruptedException {
        return store.part("acquirer-sandbox").path("url").asString();
    }

    private static Path state() {
        return ROOT.resolve("deploy/local/.state").resolve(name);
    }

    private static String password() throws IOException {
        return Files.readString(state().resolve("secrets/auditor.password")).strip();
    }

    private static Path written(String file, Journal.Entry... entries) throws IOException {
        try (var written = Journal.create(directory.resolve(file))) {
            List.of(entries).forEach(written::add);
        }
        return directory.resolve(file);
    }

    /** Runs without the triggers that write a reservation's history. */
    private static void withoutHistory(String sql) throws IOException, InterruptedException, SQLException {
        var database = store.part("inventory-db");
        try (var connection = DriverManager.getConnection(
                        database.path("jdbcUrl").asString(),
                        database.path("user").asString(),
                        database.path("password").asString());
                var statement = connection.createStatement()) {
            statement.execute("alter table inventory.reservation disable trigger user");
            assertThat(statement.executeUpdate(sql)).isOne();
            statement.execute("alter table inventory.reservation enable trigger user");
        }
    }

    /** Captures money without the store. */
    private static void capture(Placed order) throws IOException, InterruptedException {
        var answer = send(
                "PUT",
                acquirer() + "/captures/planted-" + order.id,
                Map.of("Content-Type", "application/json"),
                "{\"orderId\":\"%s\",\"amount\":{\"amount\":%d,\"currency\":\"EUR\"},\"token\":\"tok_visa\"}"
                        .formatted(order.id, order.total));
        assertThat(answer).contains("CAPTURE");
    }

    /** @param agreed whether the customer knows the price */
    private static Placed place(JsonNode guest, String card, int pieces, boolean agreed) throws Exception {
        var key = UUID.randomUUID().toString();
        var product = store.products().getFirst();
        var total = agreed ? product.path("price").path("amount").asLong() * pieces : 1;
        var at = Instant.now();
        var answer = HTTP.send(
                HttpRequest.newBuilder(store.gateway().resolve("/api/orders"))
                        .timeout(Duration.ofSeconds(10))
                        .header("Authorization", "Bearer " + guest.path("token").asString())
                        .header("Idempotency-Key", key)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(
                                "{\"lines\":[{\"sku\":%s,\"quantity\":%d}],\"payment\":{\"token\":\"%s\"},\"expectedTotal\":{\"amount\":%d,\"currency\":\"EUR\"}}"
                                        .formatted(product.path("sku"), pieces, card, total)))
                        .build(),
                BodyHandlers.ofString());
        var body = JSON.readTree(answer.body());
        return new Placed(
                UUID.fromString(body.path("id").asString(body.path("orderId").asString(""))),
                new Journal.Entry(
                        at,
                        key,
                        guest.path("customerId").asString(),
                        "place",
                        1,
                        answer.statusCode(),
                        answer.body(),
                        Duration.between(at, Instant.now()).toMillis()),
                total);
    }

    /** @return the answer's body, whatever its status */
    private static String send(String method, String url, Map<String, String> headers, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(10))
                .method(method, BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return HTTP.send(request.build(), BodyHandlers.ofString()).body();
    }

    private static JsonNode audit(int exit, String... options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("--name", name, "--json"));
        arguments.addAll(List.of(options));
        var process = start(arguments.toArray(String[]::new));
        var verdict = JSON.readTree(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as("%s", verdict).isEqualTo(exit);
        return verdict;
    }

    private static Process start(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("chaos/audit"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
