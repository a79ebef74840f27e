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
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Order.Change;
import store.chaos.audit.Order.Movement;
import store.chaos.audit.Order.Payment;
import store.chaos.audit.Order.Reservation;
import store.chaos.audit.Order.Step;
import store.chaos.running.RunningStore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the records of a store, row by row.
 *
 * <p>Snapshots of several databases are never of one moment, so their order decides what they prove. They are taken from the cause to its
 * effects: the journal, the orders, the reservations, the payments, and the acquirer's statement last. An act that an order's row records
 * was done before the row was read, and every later snapshot shows it: a confirmed order never lacks its capture because the captures were
 * read too early. The later snapshots run ahead of the orders: a capture may belong to an order that was still pending, or not there yet.
 * Such an order is judged only if it was past its bound at its own snapshot, and then it is late in any case. For the same reason an order
 * that an answer in the journal names must have a row.
 */
final class StoreReader {

    private static final int ROWS_AT_A_TIME = 2000;
    private static final int PAGE = 1000;
    private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);
    private static final String STATEMENT_BOUND_MILLIS = "60000";

    /** Reads the row that the cursor is on. */
    interface Row {
        void read(ResultSet row) throws SQLException;
    }

    private final RunningStore store;

    StoreReader(RunningStore store) {
        this.store = store;
    }

    void readInto(Facts.Builder facts) throws IOException, SQLException, InterruptedException {
        try (var orders = connect("orders")) {
            each(orders, "select now()", row -> facts.now = instant(row, 1));
            each(orders, """
                select id, status, reason, coalesce(total_amount, expected_amount),
                    coalesce(total_currency, expected_currency), created_at, customer_id, idempotency_key, answer_status,
                    sha256(answer_body)
                from orders.orders
                """, row -> {
                var answer = row.getBytes(10);
                order(facts, row).row = new Order.Row(
                        word(row, 2),
                        nullableWord(row, 3),
                        row.getLong(4),
                        word(row, 5),
                        millis(row, 6),
                        Answer.keyOf(row.getString(7), row.getString(8)),
                        answer == null ? 0 : Answer.fold(row.getInt(9), answer));
            });
            each(
                    orders,
                    """
                    select order_id, status, reason, actor, at from orders.order_audit where event = 'CHANGED' order by seq
                    """,
                    row -> order(facts, row)
                            .changes
                            .add(new Change(word(row, 2), nullableWord(row, 3), word(row, 4), millis(row, 5))));
            each(
                    orders,
                    "select order_id from orders.order_audit where event = 'FENCED_OFF'",
                    row -> order(facts, row).fencedOff = true);
        }
        try (var inventory = connect("inventory")) {
            each(
                    inventory,
                    "select order_id, state, updated_at from inventory.reservation",
                    row -> order(facts, row).reservation = new Reservation(word(row, 2), millis(row, 3)));
            each(
                    inventory,
                    "select order_id, from_state, to_state, 0, at from inventory.reservation_event order by order_id,"
                            + " id",
                    row -> order(facts, row).reservationSteps.add(step(row)));
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
                    row -> order(facts, row).payment = new Payment(word(row, 2), row.getBoolean(3), row.getBoolean(4)));
            each(
                    payments,
                    "select order_id, from_state, to_state, attempt, at from payments.payment_event order by order_id,"
                            + " id",
                    row -> order(facts, row).paymentSteps.add(step(row)));
        }
        statement(facts);
    }

    /**
     * Reads the arrivals as far back as the links remember, 15 minutes. Call it before the databases are read: then they have the cause of
     * every arrival.
     */
    void arrivals(Facts.Builder facts) throws IOException, InterruptedException {
        var links = store.parts().stream()
                .filter(part -> part.name().equals("links") && part.isUp())
                .findFirst();
        if (links.isEmpty()) {
            return;
        }
        facts.hasArrivals = true;
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

    /** The whole statement, in its order; the last page is not full. */
    private void statement(Facts.Builder facts) throws IOException, InterruptedException {
        var acquirer = store.part("acquirer-sandbox").url();
        try (var http = client()) {
            var after = "";
            JsonNode page;
            do {
                page = get(http, acquirer + "/statement?limit=" + PAGE + after);
                for (var movement : page.path("movements")) {
                    facts.order(UUID.fromString(movement.path("orderId").asString()))
                            .movements
                            .add(new Movement(
                                    movement.path("id").asString(),
                                    movement.path("kind").asString().intern(),
                                    movement.path("amount").path("amount").asLong(),
                                    movement.path("amount")
                                            .path("currency")
                                            .asString()
                                            .intern(),
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

    /** A snapshot of the database with this schema, through which nothing can be written. */
    Connection connect(String schema) throws IOException, SQLException {
        var database = store.database(schema);
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
            statement.setFetchSize(ROWS_AT_A_TIME); // without it the driver reads all rows into memory first
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

    private static Order.Builder order(Facts.Builder facts, ResultSet row) throws SQLException {
        return facts.order(row.getObject(1, UUID.class));
    }

    private static Step step(ResultSet row) throws SQLException {
        return new Step(nullableWord(row, 2), word(row, 3), row.getLong(4), millis(row, 5));
    }

    /** One of few, each kept once. */
    private static String word(ResultSet row, int column) throws SQLException {
        return row.getString(column).intern();
    }

    private static @Nullable String nullableWord(ResultSet row, int column) throws SQLException {
        var word = row.getString(column);
        return word == null ? null : word.intern();
    }

    private static long millis(ResultSet row, int column) throws SQLException {
        return instant(row, column).toEpochMilli();
    }

    static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
