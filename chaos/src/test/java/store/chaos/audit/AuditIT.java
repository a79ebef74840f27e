package store.chaos.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.StartedStore;
import store.chaos.journal.Journal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as users give it, on a real store: first as it is, then with its rows changed behind its back. */
class AuditIT {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration END_BOUND = Duration.ofSeconds(60);

    @TempDir
    private static Path directory;

    private static StartedStore store;
    private static String name = "";
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 100);
        name = "services-" + ProcessHandle.current().pid();
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @Test
    void holdsForARealStoreAndNamesWhatWasChangedBehindItsBack() throws Exception {
        var guest = JSON.readTree(send("POST", "/api/guests", "", "", "").body());
        var file = directory.resolve("journal.jsonl");
        var orders = new ArrayList<UUID>();
        try (var journal = Journal.create(file)) {
            for (var order : List.of(
                    "tok_visa 1999 1",
                    "tok_declined 1999 1",
                    "tok_visa 1 1",
                    "tok_visa 1999 100",
                    "tok_silent 1999 1")) {
                orders.add(place(journal, guest, order.split(" ")));
            }
        }
        await().atMost(END_BOUND)
                .until(() -> store.query(
                                "orders",
                                "select (select count(*) from orders.orders where answer_status is null)"
                                        + " + (select count(*) from orders.settlement)")
                        .equals(List.of(List.of("0"))));

        var arrivals = Files.writeString(
                directory.resolve("arrivals.json"),
                "[{\"link\":\"client:gateway\",\"second\":1,\"requests\":5},"
                        + "{\"link\":\"order-service:payment-service\",\"second\":1,\"requests\":5}]");
        var verdict = audit(0, "--journal", file.toString(), "--arrivals", arrivals.toString());
        assertThat(verdict.path("verdict").asString()).isEqualTo("held");
        assertThat(verdict.path("orders").asInt())
                .as("with the one that up places")
                .isEqualTo(6);
        assertThat(verdict.path("branches").path("priceChanged").asInt()).isOne();
        assertThat(verdict.path("branches").path("ambiguousThenResolved").asInt())
                .isOne();
        assertThat(verdict.path("invariants").path("I6").path("checked").asInt())
                .isEqualTo(5);
        assertThatItFitsItsSchema(verdict);

        var charged = orders.get(0);
        var declined = orders.get(1);
        var changed = orders.get(2);
        store.query(
                "inventory",
                "update inventory.reservation set state = 'COMMITTED' where order_id = '" + declined + "' returning 1");
        store.query(
                "orders",
                "insert into orders.order_audit (order_id, event, status, actor, lease_token)" + " values ('" + changed
                        + "', 'CHANGED', 'CONFIRMED', 'RECOVERY', 9) returning 1");
        store.query(
                "payments",
                "update payments.payment set state = 'VOIDING', due_at = now() where order_id = '" + charged
                        + "' returning 1");
        await().atMost(END_BOUND)
                .until(() -> store.statement()
                        .getOrDefault(charged.toString(), List.of())
                        .contains("VOID"));

        // The bound of a settled order runs from its end; what was changed is as old as the order.
        var evidence = audit(1, "--journal", file.toString(), "--within", "0", "--recovery-cap", "1000000");
        var broken = evidence.path("invariants");
        assertThat(broken.path("I1").path("held").asBoolean()).isFalse();
        assertThat(named(broken, "I4")).containsExactlyInAnyOrder(charged, declined);
        assertThat(named(broken, "I8")).containsExactly(changed);
        assertThat(broken.path("I2").path("held").asBoolean()).isTrue();
        assertThat(broken.path("I5").path("held").asBoolean()).isTrue();
        assertThat(broken.path("I9").path("held").isNull()).isTrue();
        assertThat(evidence.path("histories")
                        .path(charged.toString())
                        .valueStream()
                        .map(event -> event.path("source").asString()))
                .contains("audit", "reservation", "payment event", "payment", "ledger", "statement", "journal");
    }

    @Test
    void saysThatAStoreIsNotThere() throws Exception {
        var process = start("--name", "no-such-store");
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
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

    /** The property names of each object, and no other: what the schema closes with additionalProperties. */
    private static void assertThatItFitsItsSchema(JsonNode verdict) throws IOException {
        var schema = JSON.readTree(Files.readString(ROOT.resolve("chaos/schema/audit.schema.json")));
        assertThat(verdict.propertyNames())
                .containsExactlyInAnyOrderElementsOf(schema.path("properties").propertyNames());
        assertThat(verdict.path("branches").propertyNames())
                .containsExactlyInAnyOrderElementsOf(
                        strings(schema.path("properties").path("branches").path("required")));
        assertThat(verdict.path("invariants").propertyNames())
                .containsExactlyInAnyOrderElementsOf(
                        strings(schema.path("properties").path("invariants").path("required")));
        assertThat(verdict.path("invariants"))
                .allSatisfy(finding -> assertThat(finding.propertyNames())
                        .containsExactlyInAnyOrderElementsOf(
                                strings(schema.path("$defs").path("finding").path("required"))));
    }

    private static List<String> strings(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }

    /** @param order card token, amount that is expected, pieces */
    private UUID place(Journal journal, JsonNode guest, String... order) throws Exception {
        var key = UUID.randomUUID().toString();
        var product = store.query("inventory", "select sku, price_amount from inventory.product order by sku limit 1")
                .getFirst();
        var amount = order[1].equals("1") ? 1 : Long.parseLong(product.get(1)) * Long.parseLong(order[2]);
        var at = Instant.now();
        var answer = send(
                "POST",
                "/api/orders",
                guest.path("token").asString(),
                key,
                ("{\"lines\":[{\"sku\":\"%s\",\"quantity\":%s}],\"payment\":{\"token\":\"%s\"},"
                                + "\"expectedTotal\":{\"amount\":%d,\"currency\":\"EUR\"}}")
                        .formatted(product.get(0), order[2], order[0], amount));
        journal.add(new Journal.Entry(
                at,
                key,
                guest.path("customerId").asString(),
                "place",
                1,
                answer.statusCode(),
                answer.body(),
                Duration.between(at, Instant.now()).toMillis()));
        var body = JSON.readTree(answer.body());
        return UUID.fromString(body.path("id").asString(body.path("orderId").asString("")));
    }

    private HttpResponse<String> send(String method, String path, String token, String key, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(store.gateway() + path))
                .timeout(Duration.ofSeconds(10))
                .method(method, BodyPublishers.ofString(body));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + token)
                    .header("Idempotency-Key", key)
                    .header("Content-Type", "application/json");
        }
        return http.send(request.build(), BodyHandlers.ofString());
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
