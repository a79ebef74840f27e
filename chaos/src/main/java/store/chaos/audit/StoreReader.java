package store.chaos.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Consumer;
import store.chaos.running.RunningStore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads what a store keeps, row by row.
 *
 * <p>Snapshots of several databases are never of one moment, so the order in which they are taken decides what they prove. They are taken
 * from the cause to its effects: the journal, the orders, the reservations, the payments, and the acquirer's statement last. Whatever an
 * order's row says was done, was done before the row was read, and everything read later shows it: no confirmed order lacks its capture
 * because its capture was read too early. Read later, the effects run ahead of the orders: a capture may belong to an order that was still
 * pending, or not there yet. Such an order is judged only when it was past its bound at its own snapshot, and then it is late whatever
 * came after. For the same reason an order whose answer is in the journal must have a row.
 */
final class StoreReader {

    private static final Map<String, String> DATABASES =
            Map.of("orders", "order-db", "inventory", "inventory-db", "payments", "payment-db");

    private static final int ROWS_AT_A_TIME = 2000;
    private static final int PAGE = 1000;
    private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);
    private static final String STATEMENT_BOUND_MILLIS = "60000";

    /** Given to reading rows. */
    interface Row {
        void read(ResultSet row) throws SQLException;
    }

    /** Money that moved, on the acquirer's record. */
    record Movement(String id, UUID orderId, String kind, long amount, String currency, Instant at) {}

    private final RunningStore store;

    StoreReader(RunningStore store) {
        this.store = store;
    }

    void readInto(Facts facts) throws IOException, SQLException, InterruptedException {
        try (var orders = connect("orders")) {
            each(orders, "select now()", row -> facts.now = instant(row, 1));
            each(orders, """
                select id, customer_id, idempotency_key, status, reason, coalesce(total_amount, expected_amount),
                    coalesce(total_currency, expected_currency), created_at, answer_status, sha256(answer_body)
                from orders.orders
                """, row -> {
                var answer = row.getBytes(10);
                facts.placed(
                        id(row),
                        row.getObject(2, UUID.class),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getLong(6),
                        row.getString(7),
                        instant(row, 8),
                        answer == null ? 0 : Facts.fold(row.getInt(9), answer));
            });
            each(
                    orders,
                    "select order_id, event, status, reason, actor, at from orders.order_audit order by seq",
                    row -> facts.audited(
                            id(row),
                            row.getString(2),
                            row.getString(3),
                            row.getString(4),
                            row.getString(5),
                            instant(row, 6)));
        }
        try (var inventory = connect("inventory")) {
            each(
                    inventory,
                    "select order_id, state, updated_at from inventory.reservation",
                    row -> facts.reserved(id(row), row.getString(2), instant(row, 3)));
            each(
                    inventory,
                    "select order_id, from_state, to_state from inventory.reservation_event order by order_id, id",
                    row -> facts.reservationEvent(id(row), row.getString(2), row.getString(3)));
            each(
                    inventory,
                    """
                    select sku, initial, available, held, sold, coalesce(reserved, 0), coalesce(committed, 0)
                    from inventory.stock full join (
                        select line ->> 'sku' as sku,
                            sum((line ->> 'quantity')::int) filter (where state = 'HELD') as reserved,
                            sum((line ->> 'quantity')::int) filter (where state = 'COMMITTED') as committed
                        from inventory.reservation r, jsonb_array_elements(r.held) line
                        where state in ('HELD', 'COMMITTED') group by 1
                    ) lines using (sku)
                    order by sku
                    """,
                    row -> facts.stock.add(new Facts.Stock(
                            row.getString(1),
                            row.getLong(2),
                            row.getLong(3),
                            row.getLong(4),
                            row.getLong(5),
                            row.getLong(6),
                            row.getLong(7))));
        }
        try (var payments = connect("payments")) {
            each(
                    payments,
                    "select order_id, state, first_sent_at is not null, coalesce(first_sent_at < last_sent_at, false)"
                            + " from payments.payment",
                    row -> facts.paid(id(row), row.getString(2), row.getBoolean(3), row.getBoolean(4)));
            each(
                    payments,
                    "select order_id, from_state, to_state, attempt, at from payments.payment_event order by order_id,"
                            + " id",
                    row -> facts.paymentEvent(
                            id(row), row.getString(2), row.getString(3), row.getLong(4), instant(row, 5)));
        }
        statement(movement -> facts.moved(
                movement.orderId(), movement.kind(), movement.amount(), movement.currency(), movement.at()));
    }

    /** As far back as the links remember, 15 minutes. Before the databases, which then have whatever led to an arrival. */
    void arrivals(Facts facts) throws IOException, InterruptedException {
        var links = store.parts().stream()
                .filter(part -> part.name().equals("links") && part.isUp())
                .findFirst();
        if (links.isEmpty()) {
            return;
        }
        facts.arrivalsGiven = true;
        var proxies = links.get().url() + "/proxies";
        try (var http = client()) {
            for (var link : get(http, proxies).propertyNames()) {
                var name = URLEncoder.encode(link, UTF_8).replace("+", "%20");
                for (var counted : get(http, proxies + "/" + name + "/arrivals")) {
                    facts.arrived(
                            link,
                            counted.path("second").asLong(),
                            counted.path("requests").asLong());
                }
            }
        }
    }

    /** The whole statement, in its order; a page that is not full is the last. */
    void statement(Consumer<Movement> movements) throws IOException, InterruptedException {
        var acquirer = store.part("acquirer-sandbox").url();
        try (var http = client()) {
            var after = "";
            JsonNode page;
            do {
                page = get(http, acquirer + "/statement?limit=" + PAGE + after);
                for (var movement : page.path("movements")) {
                    movements.accept(new Movement(
                            movement.path("id").asString(),
                            UUID.fromString(movement.path("orderId").asString()),
                            movement.path("kind").asString(),
                            movement.path("amount").path("amount").asLong(),
                            movement.path("amount").path("currency").asString(),
                            Instant.parse(movement.path("at").asString())));
                }
                after = "&after=" + page.path("next").asString("");
            } while (!page.path("next").isNull() && page.path("movements").size() == PAGE);
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(ANSWER_BOUND)
                .build();
    }

    private static JsonNode get(HttpClient http, String url) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(ANSWER_BOUND);
        var answer = http.send(request.build(), BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new IOException(url + " cannot be read: status " + answer.statusCode());
        }
        return JsonMapper.shared().readTree(answer.body());
    }

    /** A snapshot of the database that has the schema; nothing can be written through it. */
    Connection connect(String schema) throws IOException, SQLException {
        var database = store.parts().stream()
                .filter(part -> List.of(DATABASES.get(schema), "monolith-db").contains(part.name()))
                .findFirst()
                .orElseThrow(() -> new IOException("no database of " + store.name() + " has the schema " + schema));
        var properties = new Properties();
        properties.setProperty("user", String.valueOf(database.user()));
        properties.setProperty("password", String.valueOf(database.password()));
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("options", "-c statement_timeout=" + STATEMENT_BOUND_MILLIS);
        properties.setProperty("ApplicationName", "chaos/audit");
        var connection = DriverManager.getConnection(String.valueOf(database.jdbcUrl()), properties);
        connection.setReadOnly(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setAutoCommit(false);
        return connection;
    }

    static void each(Connection connection, String sql, Row reader, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setFetchSize(ROWS_AT_A_TIME); // without it the driver takes all rows into memory first
            for (var i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    reader.read(rows);
                }
            }
        }
    }

    private static UUID id(ResultSet row) throws SQLException {
        return row.getObject(1, UUID.class);
    }

    static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
