package store.monolith;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import store.chaos.StartedStore;
import store.monolith.Script.Request;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One build of the store. Its answers and tables are made comparable: ids are replaced by names, and times are left
 * out.
 */
final class BuildUnderTest implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration FINAL_BOUND = Duration.ofSeconds(60);
    private static final List<String> SCHEMAS = List.of("orders", "inventory", "payments");

    /** Orders before the comparison begins: a cold store may answer 202 where a warm one answers 201. */
    private static final int WARM_UP = 100;

    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[.\\d]*(Z|[+]00:00)");

    /** Left out: headers about the connection or the single request. */
    private static final Set<String> HEADERS_ASIDE =
            Set.of("connection", "content-length", "date", "keep-alive", "transfer-encoding", "x-request-id");

    /**
     * Left out: tables that libraries keep, and the statement, which each build has read as far as its reconciler's
     * last run.
     */
    private static final Set<String> TABLES_ASIDE = Set.of("scheduled_tasks", "flyway_history", "statement_movement");

    /** Left out: leases, ciphertexts, attempt counts, row numbers, and how far reconciliation has come. */
    private static final Set<String> COLUMNS_ASIDE = Set.of(
            "read_to",
            "walked_at",
            "swept_movement",
            "swept_order", // how far reconciliation has come
            "lease_token",
            "lease_actor",
            "lease_until",
            "attempts",
            "attempt",
            "due_at", // which process works on the row, and when
            "fingerprint",
            "card_token",
            "token",
            "key_id", // depend on the secrets
            "cursor",
            "differences", // how far a reconciler has come, and the differences that it was the first to see
            "seq");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final StartedStore store;
    private final Map<String, Connection> connections = new HashMap<>();
    private final List<String> tokens = new ArrayList<>();
    private final List<String> orders = new ArrayList<>();
    private final Map<String, String> names = new HashMap<>();
    private String cursor = "";

    private BuildUnderTest(StartedStore store) {
        this.store = store;
    }

    static BuildUnderTest start(String build, int stock) throws Exception {
        var started = new BuildUnderTest(StartedStore.up(build, stock));
        try {
            started.open();
        } catch (Exception | AssertionError e) {
            started.close();
            throw e;
        }
        return started;
    }

    private void open() throws Exception {
        for (var schema : SCHEMAS) {
            connections.put(schema, store.connect(schema));
        }
        store.makeScarce(Script.SCARCE);
        for (var guest = 0; guest < Script.GUESTS; guest++) {
            tokens.add(admit("guest-" + guest));
        }
        warmUp();
    }

    /** Names the ids of these orders and of the demo order "warm-up", so that {@link #tables} leaves them out. */
    private void warmUp() throws Exception {
        tokens.add(admit("warm-up"));
        List<Request> requests = new ArrayList<>();
        for (var order = 0; order < WARM_UP; order++) {
            requests.add(new Request("POST", "/api/orders", Script.GUESTS, "warm-up-" + order, """
                {"lines":[{"sku":"sku-001","quantity":1}],"payment":{"token":"tok_visa"},
                 "expectedTotal":{"amount":690,"currency":"EUR"}}\
                """, true));
        }
        send(requests);
        awaitSettled();
        for (var row : rows("orders", "select id::text, customer_id::text from orders.orders")) {
            row.forEach(id -> names.put(id, "warm-up"));
        }
        orders.clear();
    }

    Map<String, Long> prices() throws Exception {
        var products = JSON.readTree(exchange(request("/api/products").build()).body());
        return products.get("products")
                .valueStream()
                .collect(Collectors.toMap(
                        product -> product.get("sku").asString(),
                        product -> product.at("/price/amount").asLong()));
    }

    /**
     * Sends requests one after the other, waits until every order is final, and returns the comparable part of the
     * answers.
     */
    List<String> send(List<Request> requests) throws Exception {
        if (requests.getFirst().path().startsWith("/api/products")) {
            awaitNone("select from orders.settlement where settlement = 'RELEASE'"); // it ends later than the answer
        }
        List<String> answers = new ArrayList<>();
        for (var request : requests) {
            answers.add(send(request));
        }
        awaitNone("select from orders.orders where status in ('PENDING', 'CANCELLING')");
        return answers;
    }

    private String send(Request request) throws Exception {
        var builder = request(resolve(request.path()))
                .method(
                        request.method(),
                        request.body() == null ? BodyPublishers.noBody() : BodyPublishers.ofString(request.body()));
        if (request.guest() != null) {
            builder.header("Authorization", "Bearer " + tokens.get(request.guest()));
        }
        if (request.key() != null) {
            builder.header("Idempotency-Key", request.key()).header("Content-Type", "application/json");
        }
        var answer = exchange(builder.build());
        if (request.places()) {
            var body = JSON.readTree(answer.body());
            var id = body.path("orderId").asString(body.path("id").asString(""));
            names.put(id, "order-" + orders.size());
            orders.add(id);
        }
        if (request.path().startsWith("/api/orders?")) {
            cursor = JSON.readTree(answer.body()).path("next").asString("");
        }
        var headers = new TreeMap<>(answer.headers().map());
        headers.keySet().removeIf(header -> HEADERS_ASIDE.contains(header.toLowerCase(Locale.ROOT)));
        return readable(answer.statusCode() + " " + headers + " " + answer.body());
    }

    /** Waits until nothing is left to do for any order. */
    void awaitSettled() {
        awaitNone("select from orders.settlement");
    }

    private void awaitNone(String query) {
        await().atMost(FINAL_BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> rows("orders", query).isEmpty());
    }

    /** Whether the ledger has all movements of the statement, including this many chargebacks. */
    boolean hasBooked(int chargebacks) throws Exception {
        var kinds = store.statement().values().stream().flatMap(List::stream).toList();
        return kinds.stream().filter("CHARGEBACK"::equals).count() == chargebacks
                && rows("payments", "select count(*) from payments.ledger_posting")
                        .equals(List.of(List.of(Integer.toString(kinds.size()))));
    }

    /** The rows of all compared tables, by table. */
    Map<String, List<String>> tables() throws SQLException {
        for (var movement :
                rows("payments", "select movement_id, order_id || ' ' || kind from payments.ledger_posting")) {
            names.put(movement.getFirst(), readable(movement.getLast()));
        }
        Map<String, List<String>> tables = new TreeMap<>();
        for (var schema : SCHEMAS) {
            for (var table : rows(
                    schema, "select table_name from information_schema.tables where table_schema = '" + schema + "'")) {
                if (!TABLES_ASIDE.contains(table.getFirst())) {
                    var name = schema + "." + table.getFirst();
                    tables.put(
                            name,
                            rows(schema, "select to_json(t)::text from " + name + " t").stream()
                                    .map(row -> readable((ObjectNode) JSON.readTree(row.getFirst())))
                                    .filter(row -> !row.contains("warm-up"))
                                    .toList());
                }
            }
        }
        return tables;
    }

    private String readable(ObjectNode row) {
        row.remove(COLUMNS_ASIDE);
        if (row.path("id").isNumber()) { // an event's id, not an order's
            row.remove("id");
        }
        if (row.path("answer_body").isString()) {
            var hex = row.get("answer_body").asString().substring("\\x".length());
            row.put("answer_body", new String(HexFormat.of().parseHex(hex), UTF_8));
        }
        return readable(row.toString());
    }

    private String readable(String text) {
        var named = ID.matcher(text).replaceAll(id -> names.getOrDefault(id.group(), "an id"));
        return TIME.matcher(named).replaceAll("a time").replaceAll("\"token\":\"[^\"]*\"", "\"token\":\"a token\"");
    }

    private String resolve(String path) {
        var resolved = path.replace("{next}", cursor);
        return Pattern.compile("\\{(\\d+)}")
                .matcher(resolved)
                .replaceAll(order -> orders.get(Integer.parseInt(order.group(1))));
    }

    private String admit(String name) throws Exception {
        var guest = JSON.readTree(
                exchange(request("/api/guests").POST(BodyPublishers.noBody()).build())
                        .body());
        names.put(guest.get("customerId").asString(), name);
        return guest.get("token").asString();
    }

    private List<List<String>> rows(String schema, String sql) throws SQLException {
        try (var statement = Objects.requireNonNull(connections.get(schema)).createStatement();
                var found = statement.executeQuery(sql)) {
            List<List<String>> rows = new ArrayList<>();
            while (found.next()) {
                List<String> row = new ArrayList<>();
                for (var column = 1; column <= found.getMetaData().getColumnCount(); column++) {
                    row.add(found.getString(column));
                }
                rows.add(row);
            }
            return rows;
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(store.gateway().resolve(path)).timeout(Duration.ofSeconds(10));
    }

    private HttpResponse<String> exchange(HttpRequest request) throws IOException, InterruptedException {
        return http.send(request, BodyHandlers.ofString());
    }

    @Override
    public void close() throws IOException, SQLException {
        for (var connection : connections.values()) {
            connection.close();
        }
        http.close();
        try {
            store.down();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a store may have been left running", e);
        }
    }
}
