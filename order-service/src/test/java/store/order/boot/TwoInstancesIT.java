package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.IdempotencyKey;
import store.order.Inventory;
import store.order.Money;
import store.order.NewOrder;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.order.PlaceOrder;
import store.order.Placement.Placed;
import store.testing.TestDatabase;

/** Two instances over one database share recovery. No code reads their machines' clocks ({@code ServiceRules}). */
class TwoInstancesIT {

    /** Time for a tick and a batch or two on a busy machine. */
    private static final Duration USUAL = Duration.ofSeconds(10);

    /** After four missed heartbeats an instance counts as dead. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    @TempDir
    private Path folder = Path.of("");

    private final TestDatabase database = TestDatabase.create();
    private final JdbcClient jdbc =
            JdbcClient.create(new DriverManagerDataSource(database.jdbcUrl(), database.user(), database.password()));
    private final FakePeers peers = new FakePeers();
    private final Set<OrderId> beingCharged = ConcurrentHashMap.newKeySet();
    private final Set<OrderId> chargedTwiceAtOnce = ConcurrentHashMap.newKeySet();

    @BeforeEach
    void makeKeys() throws Exception {
        Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        var key = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPublic();
        Files.writeString(
                folder.resolve("guests.pem"),
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
    }

    @Test
    void neitherStarvesTheOtherOrTakesItForDead() {
        var held = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        peers.nextCharge(() -> {
            held.countDown();
            awaitLatch(goOn);
            return new ChargeOutcome.Captured();
        });
        try (var one = start()) {
            leaveOpen(one, 1);
            awaitLatch(held);
            Long tick = tick();
            try (var other = start()) {
                assertThat(other.isActive()).isTrue();
                await().during(HEARTBEAT.multipliedBy(6)).atMost(USUAL).until(this::tick, tick::equals);
                goOn.countDown();
                leaveOpen(one, 60);
                awaitEachRecoveredOnce(61);
            }
            leaveOpen(one, 20);
            awaitEachRecoveredOnce(81);
        }
        try (var other = start()) {
            leaveOpen(other, 20);
            awaitEachRecoveredOnce(101);
        }
    }

    /** No order waits for a lease of a stopped process, whether a request or recovery held it. */
    @Test
    void anInstanceThatStopsHandsItsLeasesBack() throws Exception {
        var charging = new CountDownLatch(2);
        var never = new CountDownLatch(1);
        Supplier<ChargeOutcome> hang = () -> {
            charging.countDown();
            awaitLatch(never);
            return new ChargeOutcome.Captured();
        };
        peers.nextCharge(hang);
        peers.nextCharge(hang);
        try (var requests = Executors.newVirtualThreadPerTaskExecutor()) {
            try (var instance = start()) {
                leaveOpen(instance, 1);
                requests.submit(() -> place(instance));
                awaitLatch(charging);
                assertThat(count("select count(*) from orders.orders where lease_until > now()"))
                        .isEqualTo(2);
            }
            assertThat(count("select count(*) from orders.orders where lease_until is null and due_at <= now()"))
                    .isEqualTo(2);
            requests.shutdownNow();
        }
        try (var other = start()) {
            assertThat(other.isActive()).isTrue();
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> count("select count(*) from orders.orders where status = 'CONFIRMED'") == 2);
        }
    }

    @Test
    void theNewestOrderIsTheNewestWhereverItWasPlaced() {
        try (var other = start();
                var one = start()) {
            var first = place(other);
            assertThat(place(one)).isGreaterThan(first);
        }
    }

    private ConfigurableApplicationContext start() {
        return new SpringApplicationBuilder(OrderServiceApplication.class)
                .initializers((GenericApplicationContext context) -> {
                    context.registerBean(Inventory.class, peers::inventory, bean -> bean.setPrimary(true));
                    context.registerBean(Payments.class, this::watchedPayments, bean -> bean.setPrimary(true));
                })
                .run(
                        "--spring.config.name=order-service",
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.datasource.url=" + database.jdbcUrl(),
                        "--spring.datasource.username=" + database.user(),
                        "--spring.datasource.password=" + database.password(),
                        "--store.order.secret-file=" + folder.resolve("secret"),
                        "--store.order.guest-public-key="
                                + folder.resolve("guests.pem").toUri(),
                        "--store.order.inventory.address=http://localhost:1",
                        "--store.order.payment.address=http://localhost:1,http://localhost:2");
    }

    private Payments watchedPayments() {
        var payments = peers.payments();
        return new Payments() {
            @Override
            public ChargeOutcome charge(OrderId id, Money amount, CardToken card) {
                if (!beingCharged.add(id)) {
                    chargedTwiceAtOnce.add(id);
                }
                try {
                    return payments.charge(id, amount, card);
                } finally {
                    beingCharged.remove(id);
                }
            }

            @Override
            public VoidOutcome voidCharge(OrderId id) {
                return payments.voidCharge(id);
            }
        };
    }

    private static UUID place(ConfigurableApplicationContext instance) {
        var placement = instance.getBean(PlaceOrder.class)
                .place(
                        new CustomerId(UUID.randomUUID()),
                        new IdempotencyKey("key"),
                        List.of(OrderLine.of("cup", 1)),
                        new CardToken("tok_visa"),
                        new Money(FakePeers.UNIT_PRICE, "EUR"));
        return ((Placed) placement).order().id().value();
    }

    /** Does what a request does that dies right after the acknowledgement. */
    private static void leaveOpen(ConfigurableApplicationContext instance, int count) {
        for (var i = 0; i < count; i++) {
            var order = new NewOrder(
                    new OrderId(UUID.randomUUID()),
                    new CustomerId(UUID.randomUUID()),
                    new IdempotencyKey("key"),
                    new byte[32],
                    List.of(OrderLine.of("cup", 1)),
                    new CardToken("tok_visa"),
                    new Money(FakePeers.UNIT_PRICE, "EUR"));
            assertThat(instance.getBean(Orders.class).insert(order, Duration.ZERO))
                    .isPresent();
        }
    }

    private void awaitEachRecoveredOnce(int orders) {
        await().atMost(USUAL)
                .until(() -> count("select count(*) from orders.orders where status = 'CONFIRMED'") == orders);
        assertThat(count("select count(*) from orders.orders where attempts <> 1"))
                .isZero();
        assertThat(count("select count(*) from orders.order_audit where event = 'FENCED_OFF'"))
                .isZero();
        assertThat(count("select count(*) from orders.order_audit where actor = 'RECOVERY'"))
                .isEqualTo(orders);
        assertThat(chargedTwiceAtOnce).isEmpty();
    }

    /** Changes whenever an instance starts or ends a run, and stays the same during the run. */
    private long tick() {
        return count("select version from orders.scheduled_tasks where task_name = 'recover-orders'");
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private long count(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }
}
