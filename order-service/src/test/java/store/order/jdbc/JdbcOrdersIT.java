package store.order.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import store.order.CustomerId;
import store.order.Dossiers;
import store.order.LeasedOrder;
import store.order.NewOrder;
import store.order.Order;
import store.order.OrderId;
import store.order.Orders;
import store.order.OrdersContract;
import store.order.Reason;
import store.order.Settlements;
import store.order.Status;
import store.order.StoredAnswer;
import store.resilience.KeyRing;
import store.testing.TestDatabase;
import tools.jackson.databind.json.JsonMapper;

class JdbcOrdersIT implements OrdersContract {

    private static JdbcClient jdbc;

    @BeforeAll
    static void migrate() {
        var database = TestDatabase.create();
        var source = new DriverManagerDataSource(database.jdbcUrl(), database.user(), database.password());
        Flyway.configure()
                .dataSource(source)
                .schemas("orders")
                .locations("classpath:db/migration/order")
                .load()
                .migrate();
        jdbc = JdbcClient.create(source);
    }

    @TempDir
    static Path folder = Path.of("");

    @Override
    public Orders orders() {
        return orders(1);
    }

    /** @param keys one number for each key of the ring; the first is the current key */
    private static Orders orders(int... keys) {
        return new JdbcOrders(jdbc, rows(keys));
    }

    private static OrderRows rows(int... keys) {
        return new OrderRows(new JsonMapper(), ring(keys));
    }

    private static KeyRing ring(int... keys) {
        var lines = Arrays.stream(keys)
                .mapToObj(key -> {
                    var secret = new byte[32];
                    Arrays.fill(secret, (byte) key);
                    return Base64.getEncoder().encodeToString(secret);
                })
                .toList();
        try {
            return KeyRing.read(Files.write(Files.createTempFile(folder, "ring", null), lines), "test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Dossiers dossiers() {
        return new JdbcDossiers(jdbc, rows(1));
    }

    @Override
    public Settlements settlements() {
        return new JdbcSettlements(jdbc, rows(1));
    }

    @Test
    void whatWasGivenUpCanOnlyEndCancelledWhoeverWrites() {
        var order = insert(Status.CANCELLING, "CUSTOMER");
        change(order, Status.NEEDS_ATTENTION);
        for (var next : List.of(Status.PENDING, Status.CONFIRMED)) {
            assertThatThrownBy(() -> change(order, next)).isInstanceOf(DataIntegrityViolationException.class);
        }
        assertThatThrownBy(() -> jdbc.sql("update orders.orders set given_up_for = null where id = ?")
                        .param(order)
                        .update())
                .hasMessageContaining("given up for good");
        change(order, Status.CANCELLING);
        change(order, Status.CANCELLED);
    }

    /** A CHECK that was added NOT VALID refuses every change of a row that breaks it, and so the claim. */
    @Test
    void aRowThatCannotBeWrittenIsSetAsideAndHoldsNobodyUp() {
        var stuck = new OrderId(insert(Status.CANCELLING, "CUSTOMER"));
        withoutConstraint(
                "card_only_while_it_can_be_charged",
                () -> jdbc.sql("update orders.orders set card_token = 'x', due_at = now() where id = ?")
                        .param(stuck.value())
                        .update());
        var whole = orders().insert(newOrder(), LEASE).orElseThrow();
        orders().park(whole, whole.order(), Duration.ZERO);

        assertThat(orders().claimDue(1000, LEASE))
                .extracting(claimed -> claimed.order().id())
                .contains(whole.order().id())
                .doesNotContain(stuck);

        var dossier = dossiers().find(stuck).orElseThrow();
        assertThat(dossier.status()).isEqualTo(Status.NEEDS_ATTENTION);
        assertThat(dossier.history().getLast().note()).contains("card_only_while_it_can_be_charged");
        assertThat(dossiers().giveUp(stuck, "the card is not needed", LEASE)).isPresent();
    }

    /** A constraint that refuses every change of these rows, so they cannot even be set aside. */
    @Test
    void rowsThatCanBeNeitherTakenUpNorSetAsideHoldNobodyUp() {
        var customer = new CustomerId(UUID.randomUUID());
        var orders = orders();
        for (var key = 0; key < 4; key++) {
            var frozen = orders.insert(OrdersContract.newOrder(customer, "key-" + key), LEASE)
                    .orElseThrow();
            orders.park(frozen, frozen.order(), Duration.ZERO);
        }
        var whole = orders.insert(newOrder(), LEASE).orElseThrow();
        orders.park(whole, whole.order(), Duration.ZERO);
        jdbc.sql("alter table orders.orders add constraint frozen check (customer_id <> '" + customer.value()
                        + "') not valid")
                .update();
        try {
            var claimed = new ArrayList<OrderId>();
            for (var tick = 0; tick < 50 && !claimed.contains(whole.order().id()); tick++) {
                orders.claimDue(4, LEASE)
                        .forEach(leased -> claimed.add(leased.order().id()));
            }
            assertThat(claimed).contains(whole.order().id());
        } finally {
            jdbc.sql("alter table orders.orders drop constraint frozen").update();
        }
    }

    /** The key certainly exists, so "nothing was done" would be wrong. */
    @Test
    void aRepeatWhoseRowCannotBeReadIsUnknown() {
        var order = newOrder();
        var leased = orders().insert(order, LEASE).orElseThrow();
        withoutConstraint("reason_fits_status", () -> {
            reason(leased, "A_REASON_FROM_NEXT_YEAR");
            assertThatThrownBy(() -> orders().findByKey(order.customer(), order.key()))
                    .isInstanceOf(Orders.RecordingUnknown.class);
            reason(leased, "AWAITING_STOCK");
        });
    }

    private static void reason(LeasedOrder leased, String reason) {
        jdbc.sql("update orders.orders set reason = ? where id = ?")
                .params(reason, leased.order().id().value())
                .update();
    }

    private static void withoutConstraint(String name, Runnable damage) {
        var definition = jdbc.sql("select pg_get_constraintdef(oid) from pg_constraint where conname = ?")
                .param(name)
                .query(String.class)
                .single();
        jdbc.sql("alter table orders.orders drop constraint " + name).update();
        try {
            damage.run();
        } finally {
            jdbc.sql("alter table orders.orders add constraint " + name + " " + definition + " not valid")
                    .update();
        }
    }

    @Test
    void aBrokenRowIsSetAsideAndHoldsNobodyUp() {
        var broken = List.of(
                "card_token = 'x'",
                "card_token = repeat('x', 60)::bytea",
                "lines = '{}'",
                "lines = '[{\"product\": \"cup\", \"quantity\": 2}]'");
        for (var damage : broken) {
            var order = orders().insert(newOrder(), LEASE).orElseThrow();
            orders().park(order, order.order(), Duration.ZERO);
            jdbc.sql("update orders.orders set %s where id = ?".formatted(damage))
                    .param(order.order().id().value())
                    .update();
            var whole = orders().insert(newOrder(), LEASE).orElseThrow();
            orders().park(whole, whole.order(), Duration.ZERO);

            assertThat(orders().claimDue(1000, LEASE))
                    .as(damage)
                    .extracting(claimed -> claimed.order().id())
                    .contains(whole.order().id())
                    .doesNotContain(order.order().id());

            var dossier = dossiers().find(order.order().id()).orElseThrow();
            assertThat(dossier.status()).isEqualTo(Status.NEEDS_ATTENTION);
            assertThat(dossier.history().getLast().note())
                    .startsWith("its row cannot be read: " + (damage.startsWith("lines") ? "lines" : ""));
            assertThat(dossier.lines() == null).isEqualTo(damage.startsWith("lines"));

            var id = order.order().id();
            assertThat(orders().find(id).orElseThrow().lines().isEmpty()).isEqualTo(damage.startsWith("lines"));
            assertThat(dossiers().take(id, "why", Duration.ZERO)).as(damage).isPresent();
            assertThat(dossiers().giveUp(id, "why", Duration.ZERO)).as(damage).isPresent();
            var given = orders().claimDue(1000, LEASE).stream()
                    .filter(claimed -> claimed.order().id().equals(id))
                    .findAny()
                    .orElseThrow();
            assertThat(orders().conclude(given, cancelled(given.order()), null)).isTrue();
            assertThat(dossiers().find(id).orElseThrow().lines() == null)
                    .as("an unreadable row is kept")
                    .isEqualTo(damage.startsWith("lines"));
        }
    }

    @Test
    void anOrderIsCheckedOutWithTheKeyThatItNames() {
        var order = newOrder();
        var placed = orders(1).insert(order, LEASE).orElseThrow();
        orders(1).park(placed, placed.order(), Duration.ZERO);
        for (var rotated : List.of(orders(1, 2), orders(2, 1), orders(3, 2, 1))) {
            assertThat(claim(rotated, placed).orElseThrow().card()).isEqualTo(order.card());
            assertThat(rotated.findByKey(order.customer(), order.key())
                            .orElseThrow()
                            .keyId())
                    .isEqualTo(ring(1).currentId());
        }
        var next = newOrder();
        orders(2, 1).insert(next, LEASE);
        assertThat(orders(1)
                        .findByKey(next.customer(), next.key())
                        .orElseThrow()
                        .keyId())
                .isEqualTo(ring(2).currentId());
    }

    @Test
    void anOrderThatNamesNoKeyIsCheckedOutWithWhicheverFits() {
        var order = newOrder();
        var placed = orders(1).insert(order, LEASE).orElseThrow();
        orders(1).park(placed, placed.order(), Duration.ZERO);
        jdbc.sql("update orders.orders set key_id = null where id = ?")
                .param(order.id().value())
                .update();
        for (var rotated : List.of(orders(1), orders(1, 2), orders(3, 2, 1))) {
            assertThat(claim(rotated, placed).orElseThrow().card()).isEqualTo(order.card());
        }
        assertThat(claim(orders(2, 3), placed)).isEmpty();
        assertThat(orders().find(order.id()).orElseThrow().status())
                .as("no key fits: the row is broken")
                .isEqualTo(Status.NEEDS_ATTENTION);
    }

    @Test
    void anOrderWhoseKeyThisProcessLacksIsLeftToOthers() {
        var placed = orders(2, 1).insert(newOrder(), LEASE).orElseThrow();
        var order = placed.order();
        orders(2, 1).park(placed, order, Duration.ZERO);

        assertThat(claim(orders(1), placed)).isEmpty();
        assertThat(orders(1).find(order.id())).contains(order);
        assertThat(dossiers().find(order.id()).orElseThrow().attempts()).isZero();
        assertThat(claim(orders(2, 1), placed).orElseThrow().card()).isEqualTo(placed.card());

        assertThat(orders(1).cancel(order.customer(), order.id(), Duration.ZERO))
                .isPresent();
        assertThat(claim(orders(1), placed)).as("nothing is charged any more").isPresent();
    }

    private static Optional<LeasedOrder> claim(Orders by, LeasedOrder order) {
        return by.claimDue(1000, Duration.ZERO).stream()
                .filter(claimed -> claimed.order().id().equals(order.order().id()))
                .findAny();
    }

    private static Order cancelled(Order order) {
        return new Order(
                order.id(),
                order.customer(),
                order.lines(),
                order.expectedTotal(),
                order.total(),
                Status.CANCELLED,
                order.reason(),
                order.createdAt(),
                order.updatedAt(),
                new StoredAnswer(409, new byte[0]));
    }

    private static NewOrder newOrder() {
        return OrdersContract.newOrder(new CustomerId(UUID.randomUUID()), "key");
    }

    /** The database allows exactly what the table in ARCHITECTURE.md says. */
    @Test
    void theDatabaseHoldsTheTableOfStates() throws IOException {
        var documented = new TreeMap<String, String>();
        for (var row : documentedStates()) {
            documented.put(row.get(0), "reasons " + row.get(1) + " next " + row.get(2) + " final " + row.get(3));
        }
        var actual = new TreeMap<String, String>();
        for (var status : Status.values()) {
            actual.put(
                    status.name(),
                    "reasons " + reasonsOf(status) + " next " + nextOf(status) + " final "
                            + (status.isFinal() ? "yes" : "no"));
        }
        assertThat(actual).isEqualTo(documented);
    }

    private static List<List<String>> documentedStates() throws IOException {
        var rows = new ArrayList<List<String>>();
        var inTable = false;
        for (var line : Files.readAllLines(Path.of("../ARCHITECTURE.md"))) {
            inTable = inTable && line.startsWith("|") || line.startsWith("| status | reasons |");
            if (inTable && !line.startsWith("| status") && !line.startsWith("|---")) {
                var cells = line.substring(2, line.length() - 2).split(" \\| ");
                rows.add(List.of(cells[0], sorted(cells[1]), sorted(cells[2]), cells[3]));
            }
        }
        return rows;
    }

    private static String sorted(String cell) {
        return cell.equals("–") ? "[]" : new TreeSet<>(Arrays.asList(cell.split(", "))).toString();
    }

    private static String reasonsOf(Status status) {
        var allowed = new TreeSet<String>();
        for (var reason : Reason.values()) {
            if (isAllowed(() -> insert(status, reason.name()))) {
                allowed.add(reason.name());
            }
        }
        return allowed.toString();
    }

    private static String nextOf(Status status) {
        var allowed = new TreeSet<String>();
        for (var next : Status.values()) {
            if (next != status && isAllowed(() -> change(insert(status, reasonFor(status)), next))) {
                allowed.add(next.name());
            }
        }
        return allowed.toString();
    }

    private static @Nullable String reasonFor(Status status) {
        return Map.of(
                        Status.PENDING, "AWAITING_STOCK",
                        Status.REJECTED, "OUT_OF_STOCK",
                        Status.DECLINED, "CARD_DECLINED",
                        Status.CANCELLING, "CUSTOMER",
                        Status.CANCELLED, "CUSTOMER",
                        Status.NEEDS_ATTENTION, "CONTRADICTION")
                .get(status);
    }

    private static UUID insert(Status status, @Nullable String reason) {
        var id = UUID.randomUUID();
        jdbc.sql("""
            insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines, expected_amount, expected_currency,
                total_amount, total_currency, status, reason, given_up_for, answer_status, answer_body, due_at)
            values (:id, :id, 'key', '', '[]', 1, 'EUR', 1, 'EUR', :status, cast(:reason as text),
                case when :status like 'CANCEL%' then cast(:reason as text) end,
                case when :final then 200 end, case when :final then cast('' as bytea) end, now() + interval '1 day')
            """)
                .param("id", id)
                .param("status", status.name())
                .param("reason", reason, Types.VARCHAR)
                .param("final", status.isFinal())
                .update();
        return id;
    }

    private static void change(UUID id, Status next) {
        jdbc.sql("""
            update orders.orders set status = :status, reason = cast(:reason as text),
                given_up_for = case when :status like 'CANCEL%' then coalesce(given_up_for, cast(:reason as text)) else given_up_for end,
                answer_status = case when :final then 200 end, answer_body = case when :final then cast('' as bytea) end
            where id = :id
            """)
                .param("id", id)
                .param("status", next.name())
                .param("reason", reasonFor(next), Types.VARCHAR)
                .param("final", next.isFinal())
                .update();
    }

    private static boolean isAllowed(Runnable write) {
        try {
            write.run();
            return true;
        } catch (DataIntegrityViolationException e) {
            return false;
        }
    }
}
