package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.IdempotencyKey;
import store.order.Inventory;
import store.order.Money;
import store.order.OrderLine;
import store.order.Orders.RecordingUnknown;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.order.PlaceOrder;
import store.order.Placement;
import store.order.Placement.KeyReused;
import store.order.Placement.Placed;
import store.order.Placement.Repeated;
import store.order.Status;
import store.resilience.KeyRing;
import store.resilience.UnusableKeys;
import store.testing.TestDatabase;

/** The service's key is changed while there are orders under the old key. */
@ExtendWith(OutputCaptureExtension.class)
class KeyRotationIT {

    private static final Duration USUAL = Duration.ofSeconds(10);

    @TempDir
    private Path folder = Path.of("");

    private final TestDatabase database = TestDatabase.create();
    private final JdbcClient jdbc =
            JdbcClient.create(new DriverManagerDataSource(database.jdbcUrl(), database.user(), database.password()));
    private final FakePeers peers = new FakePeers();
    private final CustomerId customer = new CustomerId(UUID.randomUUID());

    @BeforeEach
    void makeGuestsKey() throws Exception {
        var key = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPublic();
        Files.writeString(
                folder.resolve("guests.pem"),
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
    }

    @Test
    void aConfirmedOrderIsRecognisedUnderTheNextKey() throws IOException {
        byte[] answer;
        try (var before = start(1)) {
            answer = confirmed(place(before, "key", "tok_visa"));
            assertThat(confirmed(place(before, "key", "tok_visa"))).isEqualTo(answer);
        }
        try (var rotated = start(2, 1)) {
            assertThat(place(rotated, "key", "tok_visa")).isInstanceOf(Repeated.class);
            assertThat(confirmed(place(rotated, "key", "tok_visa"))).isEqualTo(answer);
            assertThat(place(rotated, "key", "tok_other")).isInstanceOf(KeyReused.class);
            confirmed(place(rotated, "another-key", "tok_visa"));
        }
        assertThat(keysOfOrders()).containsExactlyInAnyOrder(id(1), id(2));
        assertThat(peers.payments).hasSize(2);
    }

    /** Makes the database as it was before keys had ids. */
    @Test
    void soIsOneThatNamesNoKey() throws IOException {
        byte[] answer;
        try (var before = start(1)) {
            answer = confirmed(place(before, "key", "tok_visa"));
        }
        forgetKeys();
        try (var rotated = start(3, 2, 1)) {
            assertThat(confirmed(place(rotated, "key", "tok_visa"))).isEqualTo(answer);
            assertThat(place(rotated, "key", "tok_other")).isInstanceOf(KeyReused.class);
        }
    }

    @Test
    void anOpenOrderIsFinishedUnderTheNextKey() throws IOException {
        leaveOpen("open", 1);
        try (var rotated = start(2, 1)) {
            assertThat(rotated.isActive()).isTrue();
            await().atMost(USUAL).until(this::statuses, List.of("CONFIRMED")::equals);
        }
        assertThat(everNeededAttention()).isZero();
    }

    @Test
    void aProcessWhoseKeysDoNotFitDoesNotStartAndTouchesNothing(CapturedOutput output) throws IOException {
        try (var before = start(1)) {
            confirmed(place(before, "key", "tok_visa"));
        }
        leaveOpen("open", 1);
        var recorded = everything();

        assertThatThrownBy(() -> start(2)).hasRootCauseInstanceOf(UnusableKeys.class);

        assertThat(everything()).isEqualTo(recorded);
        assertThat(output.getAll().lines().filter(line -> line.startsWith("the database")))
                .singleElement()
                .asString()
                .contains(id(1), folder.resolve("ring").toString(), "store.order.secret-file");
        assertThat(output.getAll()).doesNotContain("Application run failed");
    }

    /** The service's key was replaced in the same step as its version. */
    @Test
    void norDoesItWhereNoKeyIsNoted() throws IOException {
        leaveOpen("open", 1);
        forgetKeys();
        jdbc.sql("delete from orders.key_in_use").update();
        var recorded = everything();

        assertThatThrownBy(() -> start(2)).hasRootCauseInstanceOf(UnusableKeys.class);

        assertThat(everything()).isEqualTo(recorded);
    }

    /** An instance lacks a key that another instance uses already: a step of the rotation was left out. */
    @Test
    void anInstanceThatLacksAnOrdersKeyLeavesItToThoseThatHaveIt() throws IOException {
        try (var lacking = start(1)) {
            leaveOpen("key", 2, 1);
            await().during(Duration.ofSeconds(2))
                    .atMost(USUAL)
                    .until(this::everNeededAttention, Long.valueOf(0)::equals);
            assertThat(statuses()).containsExactly("PENDING");
            for (var card : List.of("tok_visa", "tok_other")) {
                assertThatThrownBy(() -> place(lacking, "key", card))
                        .isInstanceOf(RecordingUnknown.class)
                        .hasCauseInstanceOf(KeyRing.UnknownKey.class);
            }
            try (var rotated = start(2, 1)) {
                await().atMost(USUAL).until(this::statuses, List.of("CONFIRMED")::equals);
                confirmed(place(rotated, "key", "tok_visa"));
            }
        }
    }

    /** Disables the trigger, which refuses every change of an order that has ended. */
    private void forgetKeys() {
        jdbc.sql("""
            alter table orders.orders disable trigger orders_change;
            update orders.orders set key_id = null;
            alter table orders.orders enable trigger orders_change
            """).update();
    }

    private ConfigurableApplicationContext start(int... keys) throws IOException {
        writeRing(keys);
        return new SpringApplicationBuilder(OrderServiceApplication.class)
                .initializers((GenericApplicationContext context) -> {
                    context.registerBean(Inventory.class, peers::inventory, bean -> bean.setPrimary(true));
                    context.registerBean(Payments.class, peers::payments, bean -> bean.setPrimary(true));
                })
                .run(
                        "--spring.config.name=order-service",
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.datasource.url=" + database.jdbcUrl(),
                        "--spring.datasource.username=" + database.user(),
                        "--spring.datasource.password=" + database.password(),
                        "--store.order.secret-file=" + folder.resolve("ring"),
                        "--store.order.guest-public-key="
                                + folder.resolve("guests.pem").toUri(),
                        "--store.order.inventory.address=http://localhost:1",
                        "--store.order.payment.address=http://localhost:1");
    }

    /** @param keys one number for each key; the first is the current key */
    private void writeRing(int... keys) throws IOException {
        Files.write(
                folder.resolve("ring"),
                Arrays.stream(keys)
                        .mapToObj(key -> {
                            var secret = new byte[32];
                            Arrays.fill(secret, (byte) key);
                            return Base64.getEncoder().encodeToString(secret);
                        })
                        .toList());
    }

    private String id(int key) {
        try {
            writeRing(key);
            return KeyRing.read(folder.resolve("ring"), "test").currentId();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An order of an instance that stopped before it knew the outcome of the charge. */
    private void leaveOpen(String key, int... keys) throws IOException {
        for (var i = 0; i < 100; i++) {
            peers.nextCharge(() -> new ChargeOutcome.Unknown("the test wants it so"));
        }
        try (var instance = start(keys)) {
            assertThat(place(instance, key, "tok_visa")).isInstanceOf(Placed.class);
        }
        peers.reset();
        jdbc.sql("update orders.orders set due_at = now(), lease_actor = null, lease_until = null"
                        + " where status = 'PENDING'")
                .update();
    }

    private Placement place(ConfigurableApplicationContext instance, String key, String card) {
        return instance.getBean(PlaceOrder.class)
                .place(
                        customer,
                        new IdempotencyKey(key),
                        List.of(OrderLine.of("cup", 1)),
                        new CardToken(card),
                        new Money(FakePeers.UNIT_PRICE, "EUR"));
    }

    /** The stored bytes. */
    private static byte[] confirmed(Placement placement) {
        var order = switch (placement) {
            case Placed(var placed) -> placed;
            case Repeated(var known) -> known;
            default -> throw new AssertionError(placement);
        };
        assertThat(order.status()).isEqualTo(Status.CONFIRMED);
        var answer = order.answer();
        if (answer == null) {
            throw new AssertionError("a final order without its answer");
        }
        assertThat(answer.status()).isEqualTo(201);
        return answer.body();
    }

    private List<String> keysOfOrders() {
        return jdbc.sql("select key_id from orders.orders")
                .query((row, _) -> row.getString(1))
                .list();
    }

    private List<String> statuses() {
        return jdbc.sql("select status from orders.orders where idempotency_key in ('key', 'open')")
                .query((row, _) -> row.getString(1))
                .list();
    }

    private long everNeededAttention() {
        return jdbc.sql("select count(*) from orders.order_audit where status = 'NEEDS_ATTENTION'")
                .query(Long.class)
                .single();
    }

    private List<String> everything() {
        return jdbc.sql("""
            select o::text as content from orders.orders o union all select a::text from orders.order_audit a
            union all select k::text from orders.key_in_use k union all select s::text from orders.settlement s order by 1
            """).query((row, _) -> row.getString(1)).list();
    }
}
