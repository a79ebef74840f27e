package store.proof.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.chaos.audit.Bounds;
import store.order.CancelOrder;
import store.order.Cancellation;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.FinishOrder;
import store.order.IdempotencyKey;
import store.order.LeasedOrder;
import store.order.Money;
import store.order.NewOrder;
import store.order.Order;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders;
import store.order.Payments;
import store.order.PlaceOrder;
import store.order.StoredAnswer;
import store.payment.Acquirer;
import store.payment.Acquirer.Found;
import store.payment.Acquirer.Unanswered;
import store.payment.Movement;
import store.proof.AtRest;
import store.testing.TestDatabase;

/**
 * Two instances of the store in this JVM, on one database and one acquirer, with their recovery running all the time.
 */
final class TwoInstances implements AutoCloseable {

    static final long PRICE = 100;

    private static final Duration REQUEST_LEASE = Duration.ofSeconds(5);
    private static final Duration RECOVERY_LEASE = Duration.ofSeconds(10);

    final Gates gates = new Gates();
    final Instance one;
    final Instance two;

    private final TestDatabase database = TestDatabase.create();
    private final HikariDataSource pool = new HikariDataSource();
    private final JdbcClient jdbc = JdbcClient.create(pool);
    private final AcquirerSandbox sandbox;
    private final TimeBasedEpochGenerator ids = Generators.timeBasedEpochGenerator();
    private final AtomicInteger products = new AtomicInteger();

    /** @param settings the settings in which this store differs from the default */
    TwoInstances(Path folder, AcquirerSettings acquirer, InstantSource time, Map<String, String> settings)
            throws IOException {
        sandbox = AcquirerSandbox.start(acquirer, time);
        var secret =
                Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(4);
        var all = new HashMap<>(settings);
        all.put("spring.datasource.url", database.jdbcUrl());
        all.put("spring.datasource.username", database.user());
        all.put("spring.datasource.password", database.password());
        all.put("store.order.secret-file", secret.toString());
        all.put("store.payment.secret-file", secret.toString());
        all.put("store.payment.acquirer.address", "http://127.0.0.1:" + sandbox.port());
        // Short, so that the ledger can soon be compared with the statement.
        all.put("store.payment.booking-delay", "1s");
        all.put("store.payment.recovery.reconcile-every", "1s");
        // Wide bounds: on a noisy machine, a call that exceeds its bound would only make the racers repeat themselves.
        all.put("store.payment.acquirer.timeout", "5s");
        all.put("spring.datasource.hikari.connection-timeout", "5000");
        all.put("spring.datasource.hikari.data-source-properties.options", "-c statement_timeout=5000");
        all.put("spring.datasource.hikari.data-source-properties.socketTimeout", "10");
        all.put("logging.level.store", "error"); // late writes are expected, so their warnings are noise
        one = new Instance(WithoutEdge.start(all, gates, time));
        two = new Instance(WithoutEdge.start(all, gates, time));
    }

    /** One order-service with its peers. */
    static final class Instance implements AutoCloseable {
        private final ConfigurableApplicationContext context;

        private Instance(ConfigurableApplicationContext context) {
            this.context = context;
        }

        PlaceOrder placeOrder() {
            return context.getBean(PlaceOrder.class);
        }

        /** The first step of the request that places an order. */
        LeasedOrder record(NewOrder order) {
            return record(order, REQUEST_LEASE);
        }

        LeasedOrder record(NewOrder order, Duration lease) {
            return orders().insert(order, lease).orElseThrow();
        }

        Order finish(LeasedOrder leased) {
            return context.getBean(FinishOrder.class).finish(leased);
        }

        Cancellation cancel(NewOrder order) {
            return context.getBean(CancelOrder.class).cancel(order.customer(), order.id());
        }

        /** Only charges the order, as if the request died after the charge. */
        void charge(NewOrder order) {
            var _ = context.getBean(Payments.class).charge(order.id(), order.expectedTotal(), order.card());
        }

        /** Does the recovery worker's work now, without waiting for its next tick. */
        void recover() {
            orders().claimDue(16, RECOVERY_LEASE).forEach(this::finish);
        }

        private Orders orders() {
            return context.getBean(Orders.class);
        }

        @Override
        public void close() {
            context.close();
        }
    }

    Instance instance(int racer) {
        return racer % 2 == 0 ? one : two;
    }

    /** Makes a product with {@code pieces} in stock, at {@link #PRICE} each. */
    String product(int pieces) {
        var sku = "race-%05d".formatted(products.incrementAndGet());
        jdbc.sql("""
            with product as (
                insert into inventory.product (sku, name, description, price_amount, price_currency)
                values (:sku, :sku, '', :price, 'EUR')
                returning sku
            )
            insert into inventory.stock (sku, initial, available) select sku, :pieces, :pieces from product
            """)
                .param("sku", sku)
                .param("price", PRICE)
                .param("pieces", pieces)
                .update();
        return sku;
    }

    /** A new customer's order of one piece of each product. */
    NewOrder order(String card, String... skus) {
        return new NewOrder(
                new OrderId(ids.generate()),
                new CustomerId(UUID.randomUUID()),
                new IdempotencyKey("key"),
                new byte[32],
                Stream.of(skus).map(sku -> OrderLine.of(sku, 1)).toList(),
                new CardToken(card),
                new Money(PRICE * skus.length, "EUR"));
    }

    /** Ends the order's lease, as if its worker had been paused for longer. */
    void endLease(NewOrder order) {
        jdbc.sql("update orders.orders set lease_until = now(), due_at = now() where id = ? and answer_body is null")
                .param(order.id().value())
                .update();
        jdbc.sql("update payments.payment set due_at = now() where order_id = ? and due_at is not null")
                .param(order.id().value())
                .update();
    }

    /** Makes the order older than the store's patience, and returns it as the holder of its lease would then see it. */
    LeasedOrder makeOld(LeasedOrder leased) {
        var order = leased.order();
        var created = order.createdAt().minus(Duration.ofDays(1));
        jdbc.sql("update orders.orders set created_at = :created where id = :order")
                .param("created", created.atOffset(ZoneOffset.UTC))
                .param("order", order.id().value())
                .update();
        var old = new Order(
                order.id(),
                order.customer(),
                order.lines(),
                order.expectedTotal(),
                order.total(),
                order.status(),
                order.reason(),
                created,
                order.updatedAt(),
                order.answer());
        return new LeasedOrder(old, leased.card(), leased.lease(), leased.attempts());
    }

    /** Adds pieces to the stock. */
    void deliver(String sku, int pieces) {
        jdbc.sql("update inventory.stock set initial = initial + :pieces, available = available + :pieces where"
                        + " sku = :sku")
                .param("pieces", pieces)
                .param("sku", sku)
                .update();
    }

    void awaitEnd(NewOrder order) {
        awaitEnds(List.of(order.id().value()));
    }

    /** Waits until the orders are final and no work on them is left, neither a settlement nor a payment's recovery. */
    void awaitEnds(Collection<UUID> orders) {
        await().atMost(Racing.BOUND.multipliedBy(4))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> jdbc.sql("""
                    select count(*) from orders.orders o where o.id = any(?) and (
                        o.status not in ('CONFIRMED', 'REJECTED', 'DECLINED', 'CANCELLED')
                        or exists (select from orders.settlement s where s.order_id = o.id)
                        or exists (select from payments.payment p where p.order_id = o.id and p.due_at is not null))
                    """)
                                .param(orders.toArray(UUID[]::new))
                                .query(Long.class)
                                .single()
                        == 0);
    }

    void awaitPayment(NewOrder order, String state) {
        await().atMost(Racing.BOUND).until(() -> state.equals(ended(order).payment()));
    }

    List<UUID> ordersOf(Collection<String> skus) {
        return jdbc.sql("""
            select distinct o.id from orders.orders o, jsonb_array_elements(o.lines) line where line ->> 'sku' = any(?)
            """)
                .param(skus.toArray(String[]::new))
                .query((row, _) -> row.getObject(1, UUID.class))
                .list();
    }

    /**
     * The state of an order, its reservation and its payment on record.
     *
     * @param answer the answer to the placing request and to every repeat of it
     * @param movements the kinds of the movements on the acquirer's record, in the record's sequence
     */
    record Ended(
            UUID order,
            String status,
            @Nullable String reason,
            String answer,
            @Nullable String reservation,
            @Nullable String payment,
            List<Movement.Kind> movements) {

        String end() {
            return reason == null ? status : status + " " + reason;
        }
    }

    Ended ended(NewOrder order) {
        var id = order.id().value();
        var found = (Found) asked(() -> acquirer().movementsOf(new store.payment.OrderId(id)));
        return ended(List.of(id), Map.of(id, found.movements())).getFirst();
    }

    List<Ended> ended(Collection<UUID> orders) {
        return ended(orders, statement());
    }

    private List<Ended> ended(Collection<UUID> orders, Map<UUID, List<Movement>> movements) {
        return jdbc.sql("""
            select o.id, o.status, o.reason, o.answer_status, o.answer_body, r.state as reservation, p.state as payment
            from orders.orders o
            left join inventory.reservation r on r.order_id = o.id left join payments.payment p on p.order_id = o.id
            where o.id = any(?)
            """)
                .param(orders.toArray(UUID[]::new))
                .query((row, _) -> {
                    var id = row.getObject("id", UUID.class);
                    var body = row.getBytes("answer_body");
                    return new Ended(
                            id,
                            row.getString("status"),
                            row.getString("reason"),
                            answer(body == null ? null : new StoredAnswer(row.getInt("answer_status"), body)),
                            row.getString("reservation"),
                            row.getString("payment"),
                            movements.getOrDefault(id, List.of()).stream()
                                    .map(Movement::kind)
                                    .toList());
                })
                .list();
    }

    /** The status and the bytes as text; empty while there is no answer. */
    static String answer(@Nullable StoredAnswer answer) {
        return answer == null ? "" : answer.status() + " " + HexFormat.of().formatHex(answer.body());
    }

    /** All movements on the acquirer's statement, by order. */
    private Map<UUID, List<Movement>> statement() {
        return await()
                .atMost(Racing.BOUND)
                .pollDelay(Duration.ZERO)
                .until(() -> AtRest.statement(acquirer()), Optional::isPresent)
                .orElseThrow()
                .stream()
                .collect(Collectors.groupingBy(Movement::orderId));
    }

    private Acquirer acquirer() {
        return one.context.getBean(Acquirer.class);
    }

    private static Object asked(Callable<Object> question) {
        return await().atMost(Racing.BOUND)
                .pollDelay(Duration.ZERO)
                .until(question, answer -> !(answer instanceof Unanswered));
    }

    /**
     * Empties payment's tables, as if its database were replaced. The scheduler's rows stay: a service creates them at
     * start.
     */
    void emptyPayments() {
        try (var connection = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            // Append-only tables have triggers, which restoring a backup would not fire either.
            statement.execute("set local session_replication_role = replica");
            statement.execute("""
                truncate payments.payment, payments.payment_event, payments.ledger_posting, payments.ledger_entry,
                    payments.reconciliation
                """);
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until the ledger has each movement of the statement and no other. */
    void awaitLedgerLikeStatement() {
        await().atMost(Racing.BOUND).untilAsserted(() -> {
            var booked = jdbc.sql("select movement_id from payments.ledger_posting")
                    .query((row, _) -> row.getString(1))
                    .set();
            var moved = statement().values().stream()
                    .flatMap(List::stream)
                    .map(Movement::id)
                    .collect(Collectors.toSet());
            assertThat(booked).isEqualTo(moved);
        });
    }

    /** The auditor finds no violation. It cannot judge the invariants that need a client's journal or a network. */
    void assertAudited() throws IOException, SQLException, InterruptedException {
        var verdict = AtRest.audit(
                "races",
                database.jdbcUrl(),
                database.user(),
                database.password(),
                sandbox.port(),
                Bounds.STANDARD.within());
        System.out.println("audited " + verdict.orders() + " orders: " + verdict.branches());
        assertThat(verdict.invariants()).allSatisfy((invariant, finding) -> {
            assertThat(finding.violations()).isEmpty();
            assertThat(finding.inFlight()).isZero();
            assertThat(finding.held()).isEqualTo(AtRest.JUDGED.contains(invariant) ? true : null);
        });
    }

    /** How many pieces of a product are available, held and sold. */
    record Pieces(int available, int held, int sold) {}

    Pieces pieces(String sku) {
        return jdbc.sql("select available, held, sold from inventory.stock where sku = ?")
                .param(sku)
                .query((row, _) -> new Pieces(row.getInt(1), row.getInt(2), row.getInt(3)))
                .single();
    }

    /** The statuses that late writes of the order wanted to write and were refused, from the audit. */
    List<String> fencedOff(NewOrder order) {
        return jdbc.sql("select status from orders.order_audit where order_id = ? and event = 'FENCED_OFF' order by"
                        + " seq")
                .param(order.id().value())
                .query((row, _) -> row.getString(1))
                .list();
    }

    /** How often recovery had to take up the order. */
    int recoveries(UUID order) {
        return jdbc.sql("select attempts from orders.orders where id = ?")
                .param(order)
                .query((row, _) -> row.getInt(1))
                .single();
    }

    @Override
    public void close() {
        two.close();
        one.close();
        pool.close();
        sandbox.close();
    }
}
