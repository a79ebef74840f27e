package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.FinishOrder;
import store.order.IdempotencyKey;
import store.order.InMemoryInventory;
import store.order.InMemoryPayments;
import store.order.Inventory;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.SettlementOutcome;
import store.order.Money;
import store.order.NewOrder;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;
import store.order.Reason;
import store.order.Status;
import store.testing.TestDatabase;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** order-service over a real PostgreSQL and real HTTP, with peers whose answers the tests choose. */
@SpringBootTest(
        classes = OrderServiceApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.config.name=order-service",
            "management.server.port=0",
            "store.order.inventory.address=http://localhost:1",
            "store.order.payment.address=http://localhost:1"
        })
@Import(OrderServiceIT.Peers.class)
class OrderServiceIT {

    private static final KeyPair KEYS = keys();
    private static final JsonMapper JSON = new JsonMapper();
    private static final String OPERATOR = "the-operators-token";
    private static final Duration BOUND = Duration.ofSeconds(20);

    @TempDir
    static Path folder;

    @Autowired
    FakePeers peers;

    @Autowired
    Orders orders;

    @Autowired
    FinishOrder finishOrder;

    @Autowired
    JdbcClient jdbc;

    @Autowired
    DataSource database;

    @LocalServerPort
    int port;

    @LocalManagementPort
    int managementPort;

    private final HttpClient http = HttpClient.newHttpClient();
    private final UUID customer = UUID.randomUUID();
    private final String key = UUID.randomUUID().toString();

    @TestConfiguration(proxyBeanMethods = false)
    static class Peers {

        @Bean
        FakePeers fakePeers() {
            return new FakePeers();
        }

        @Bean
        @Primary
        Inventory fakeInventory(FakePeers peers) {
            return peers.inventory();
        }

        @Bean
        @Primary
        Payments fakePayments(FakePeers peers) {
            return peers.payments();
        }
    }

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) throws IOException {
        var database = TestDatabase.create();
        registry.add("spring.datasource.url", database::jdbcUrl);
        registry.add("spring.datasource.username", database::user);
        registry.add("spring.datasource.password", database::password);
        var secret =
                Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        registry.add("store.order.secret-file", secret::toString);
        var operator = Files.writeString(folder.resolve("operator"), OPERATOR + "\n");
        registry.add("store.order.operator-token-file", operator::toString);
        var pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(KEYS.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        var publicKey = Files.writeString(folder.resolve("guests.pem"), pem);
        registry.add("store.order.guest-public-key", () -> publicKey.toUri().toString());
    }

    @BeforeEach
    void keepPromises() {
        peers.reset();
    }

    /** After every test the audit explains each order's state, and no card is kept longer than needed. */
    @AfterEach
    void theAuditReplaysToTheCurrentState() {
        var differing = jdbc.sql("""
            select o.id from orders.orders o
            left join lateral (
                select status, reason from orders.order_audit a
                where a.order_id = o.id and event = 'CHANGED' order by seq desc limit 1
            ) a on true
            where (a.status, a.reason) is distinct from (o.status, o.reason)
            """).query(UUID.class).list();
        assertThat(differing).isEmpty();
        assertThat(count("select count(*) from orders.orders where answer_status is not null and card_token is"
                        + " not null"))
                .isZero();
    }

    @Test
    void confirmsAnOrderAndReplaysTheSameBytes() {
        var first = place(key, twoCups("tok_visa"));
        assertThat(first.statusCode()).isEqualTo(201);
        var order = json(first);
        assertThat(order.get("status").asString()).isEqualTo("CONFIRMED");
        assertThat(order.get("reason").isNull()).isTrue();
        assertThat(order.at("/lines/0/name").asString()).isEqualTo("Name of cup");
        assertThat(order.at("/total/amount").asLong()).isEqualTo(2000);
        assertThat(first.headers().firstValue("Location"))
                .contains("/api/orders/" + order.get("id").asString());
        assertThat(first.headers().firstValue("Idempotent-Replayed")).isEmpty();

        var repeat = place(
                key,
                "{\"lines\":[{\"sku\":\"cup\",\"quantity\":1},{\"sku\":\"cup\",\"quantity\":1}],"
                    + "\"payment\":{\"token\":\"tok_visa\"},\"expectedTotal\":{\"amount\":2000,\"currency\":\"EUR\"}}");
        assertThat(repeat.statusCode()).isEqualTo(201);
        assertThat(repeat.body()).as("equal SKUs are summed: the same request").isEqualTo(first.body());
        assertThat(repeat.headers().firstValue("Idempotent-Replayed")).contains("true");

        var read = get("/api/orders/" + order.get("id").asString());
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.body()).isEqualTo(first.body());
        awaitSettled(id(first), InMemoryInventory.State.COMMITTED);
    }

    @Test
    void aDeclinedCardIsAnAnswerAndTheStockGoesBack() {
        peers.nextCharge(() -> new ChargeOutcome.Declined(Reason.INSUFFICIENT_FUNDS));
        var first = place(key, twoCups("tok_insufficient_funds"));
        assertThat(first.statusCode()).isEqualTo(402);
        assertThat(first.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(first).get("type").asString())
                .isEqualTo("https://checkout-store.example/problems/payment-declined");
        assertThat(place(key, twoCups("tok_insufficient_funds")).body()).isEqualTo(first.body());
        awaitSettled(orderIdIn(first), InMemoryInventory.State.RELEASED);
    }

    @Test
    void refusedStockIsAnAnswerAndNothingIsCharged() {
        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK));
        var shortOf = place(key, twoCups("tok_visa"));
        assertThat(shortOf.statusCode()).isEqualTo(409);
        assertThat(json(shortOf).get("type").asString()).endsWith("/out-of-stock");
        assertThat(peers.payments).doesNotContainKey(orderIdIn(shortOf));

        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.UNKNOWN_PRODUCT));
        var unknown = place("other", twoCups("tok_visa"));
        assertThat(unknown.statusCode()).isEqualTo(409);
        assertThat(json(unknown).get("type").asString()).endsWith("/unknown-product");
    }

    @Test
    void aTotalThatDiffersEndsTheOrderBeforeAnythingIsCharged() {
        var answer = place(key, twoCups("tok_visa").replace("2000", "1999"));
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer).get("type").asString()).endsWith("/price-changed");
        assertThat(peers.payments).doesNotContainKey(orderIdIn(answer));
        assertThat(json(get("/api/orders/" + orderIdIn(answer)))
                        .at("/total/amount")
                        .asLong())
                .isEqualTo(2000);
        awaitSettled(orderIdIn(answer), InMemoryInventory.State.RELEASED);
    }

    @Test
    void aTotalThatRecoveryFindsToDifferEndsTheOrderInTheSameWay() {
        peers.nextReservation(() -> new ReservationOutcome.Unknown("no answer"));
        var order = id(place(key, twoCups("tok_visa").replace("2000", "1999")));
        awaitStatus(order, "REJECTED");
        var repeat = place(key, twoCups("tok_visa").replace("2000", "1999"));
        assertThat(repeat.statusCode()).isEqualTo(409);
        assertThat(json(repeat).get("type").asString()).endsWith("/price-changed");
        assertThat(peers.payments.get(order))
                .as("the first run might have charged it")
                .isEqualTo(InMemoryPayments.State.VOIDED);
        awaitSettled(order, InMemoryInventory.State.RELEASED);
    }

    @Test
    void stockThatWasNotAskedForIsAContradictionAndNotCharged() {
        peers.nextReservation(() -> FakePeers.held(List.of(OrderLine.of("cup", 1), OrderLine.of("mug", 1))));
        var answer = place(key, twoCups("tok_visa"));
        assertThat(json(answer).get("status").asString()).isEqualTo("NEEDS_ATTENTION");
        assertThat(peers.payments).doesNotContainKey(id(answer));
    }

    /** An inventory restored from a backup forgets reservations; by then the order may be charged. */
    @Test
    void stockThatWasHeldAndIsNoMoreIsAContradictionAndNoEnd() {
        for (var forgotten : List.<Supplier<ReservationOutcome>>of(
                () -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK), () -> dearer(2))) {
            peers.nextReservation(() -> FakePeers.held(List.of(OrderLine.of("cup", 2))));
            peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
            peers.nextReservation(forgotten);
            var order = id(place(UUID.randomUUID().toString(), twoCups("tok_visa")));
            awaitStatus(order, "NEEDS_ATTENTION");
            assertThat(resolve(order, "CANCELLED").statusCode()).isEqualTo(200);
            assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
        }
    }

    /** The first run was killed between the charge and its record; by then inventory has changed its answer. */
    @Test
    void whatASecondRunRejectsIsVoidedBeforeItEnds() {
        for (var otherwise : List.<Supplier<ReservationOutcome>>of(
                () -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK),
                () -> new ReservationOutcome.Refused(Reason.UNKNOWN_PRODUCT),
                () -> dearer(2))) {
            var order = chargedAndKilled();
            peers.nextReservation(otherwise);
            awaitStatus(order, "REJECTED");
            assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
        }
    }

    @Test
    void noOrderEndsRejectedBeforeItsVoidIsAcknowledged() {
        peers.nextVoid(() -> new VoidOutcome.Unknown("no answer"));
        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK));
        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK));
        var order = chargedAndKilled();
        await().atMost(BOUND).until(() -> peers.payments.get(order) == InMemoryPayments.State.VOIDED);
        assertThat(count("select count(*) from orders.order_audit where status = 'REJECTED' and order_id = '" + order
                        + "'"))
                .isZero();
        awaitStatus(order, "REJECTED");

        peers.nextVoid(() -> new VoidOutcome.Contradiction("neither nothing nor the total"));
        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK));
        awaitStatus(chargedAndKilled(), "NEEDS_ATTENTION");
    }

    private OrderId chargedAndKilled() {
        var order = new NewOrder(
                new OrderId(UUID.randomUUID()),
                new CustomerId(customer),
                new IdempotencyKey(UUID.randomUUID().toString()),
                new byte[32],
                List.of(OrderLine.of("cup", 2)),
                new CardToken("tok_visa"),
                new Money(2000, "EUR"));
        peers.payments.put(order.id(), InMemoryPayments.State.CAPTURED);
        assertThat(orders.insert(order, Duration.ZERO)).isPresent();
        return order.id();
    }

    @Test
    void aTotalThatPaymentCannotTakeEndsTheOrderAtOnce() {
        for (var price : List.of(
                new Money(999_999_999_999L, "EUR"),
                new Money(1000, "ZZZ"),
                new Money(1000, "eur"),
                new Money(-1000, "EUR"),
                new Money(Long.MAX_VALUE / 2, "EUR"))) {
            peers.nextReservation(() -> new ReservationOutcome.Held(List.of(new OrderLine("cup", 2, "Cup", price))));
            var agreed = price.currency().equals("ZZZ")
                    ? "{\"amount\":2000,\"currency\":\"ZZZ\"}"
                    : "{\"amount\":" + Math.abs(2 * price.amount()) + ",\"currency\":\"EUR\"}";
            var answer = place(
                    UUID.randomUUID().toString(),
                    twoCups("tok_visa").replace("{\"amount\":2000,\"currency\":\"EUR\"}", agreed));
            assertThat(answer.statusCode()).as(price.toString()).isEqualTo(409);
            assertThat(json(answer).get("type").asString()).endsWith("/price-changed");
            assertThat(peers.payments).doesNotContainKey(orderIdIn(answer));
        }
    }

    @Test
    void aWriteThatAConstraintRefusesIsCountedAndSetAsideWhenItRepeats() {
        var before = metric("store.orders.writes.refused");
        jdbc.sql("alter table orders.orders add constraint no_cups check (customer_id <> '" + customer
                        + "' or status <> 'CONFIRMED') not valid")
                .update();
        try {
            var answer = place(key, twoCups("tok_visa"));
            assertThat(answer.statusCode()).isEqualTo(202);
            awaitStatus(id(answer), "NEEDS_ATTENTION");
            assertThat(metric("store.orders.writes.refused") - before).isEqualTo(2);
            assertThat(json(operator("/" + id(answer), null)).at("/history").toString())
                    .contains("no_cups");
            jdbc.sql("alter table orders.orders drop constraint no_cups").update();
            assertThat(operator("/" + id(answer) + "/retry", "{}").statusCode()).isEqualTo(202);
            awaitStatus(id(answer), "CONFIRMED");
        } finally {
            jdbc.sql("alter table orders.orders drop constraint if exists no_cups")
                    .update();
        }
    }

    @Test
    void aPlacementThatAConstraintRefusesCertainlyDidNothing() {
        jdbc.sql("alter table orders.orders add constraint no_orders check (customer_id <> '" + customer
                        + "') not valid")
                .update();
        try {
            var answer = place(key, twoCups("tok_visa"));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(json(answer).get("type").asString()).endsWith("/not-accepted");
        } finally {
            jdbc.sql("alter table orders.orders drop constraint no_orders").update();
        }
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
    }

    @Test
    void pricesThatHaveNoSumAreNotThePriceAgreedTo() {
        peers.nextReservation(() -> new ReservationOutcome.Held(List.of(
                new OrderLine("cup", 1, "Cup", new Money(1000, "EUR")),
                new OrderLine("mug", 1, "Mug", new Money(1000, "USD")))));
        var answer = place(
                key,
                twoCups("tok_visa")
                        .replace(
                                "{\"sku\":\"cup\",\"quantity\":2}",
                                "{\"sku\":\"cup\",\"quantity\":1},{\"sku\":\"mug\",\"quantity\":1}"));
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer).get("type").asString()).endsWith("/price-changed");
        assertThat(peers.payments).doesNotContainKey(orderIdIn(answer));
        awaitSettled(orderIdIn(answer), InMemoryInventory.State.RELEASED);
    }

    /** A 406 would say that nothing was done. */
    @Test
    void whatIsDoneIsToldInJsonWhateverTheClientAccepts() {
        peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
        var placed = send(request("/api/orders", token(customer, KEYS))
                .header("Accept", "text/html")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(twoCups("tok_visa"))));
        assertThat(placed.statusCode()).isEqualTo(202);
        assertThat(placed.headers().firstValue("Content-Type")).contains("application/json");
        var cancelled = send(request("/api/orders/" + id(placed) + "/cancel", token(customer, KEYS))
                .header("Accept", "text/html")
                .POST(BodyPublishers.noBody()));
        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(json(cancelled).get("status").asString()).isEqualTo("CANCELLED");
    }

    @Test
    void whatAPeerHasWithdrawnIsGivenUp() {
        peers.nextReservation(ReservationOutcome.Withdrawn::new);
        var noStock = place(key, twoCups("tok_visa"));
        peers.nextCharge(ChargeOutcome.Withdrawn::new);
        var noCharge = place("other", twoCups("tok_visa"));
        for (var answer : List.of(noStock, noCharge)) {
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(json(answer).get("type").asString()).endsWith("/order-cancelled");
            var order = orderIdIn(answer);
            assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
            assertThat(peers.reservations.get(order)).isEqualTo(InMemoryInventory.State.RELEASED);
            assertThat(count("select count(*) from orders.order_audit where status = 'CANCELLING' and order_id = '"
                            + order + "'"))
                    .as("decided before it was compensated")
                    .isEqualTo(1);
        }
    }

    @Test
    void anEndThatIsNotConfirmedIsAnsweredWithWhatWasReadLast() throws Exception {
        var reached = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        peers.nextCharge(() -> {
            reached.countDown();
            awaitLatch(goOn);
            return new ChargeOutcome.Captured();
        });
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var other = database.getConnection()) {
            var first = executor.submit(() -> place(key, twoCups("tok_visa")));
            awaitLatch(reached);
            other.setAutoCommit(false);
            execute(other, "select from orders.orders where customer_id = '" + customer + "' for update");
            goOn.countDown();
            var answer = first.get(10, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(202);
            assertThat(json(answer).get("status").asString()).isEqualTo("PENDING");
            other.rollback();
            awaitStatus(id(answer), "CONFIRMED");
            assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void aKeyWhoseOrderMayYetLandIsAnsweredAsUnknown() throws Exception {
        try (var other = database.getConnection()) {
            other.setAutoCommit(false);
            execute(other, """
                insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines, expected_amount,
                    expected_currency, status, reason, due_at)
                values ('%s', '%s', '%s', '', '[]', 1, 'EUR', 'PENDING', 'AWAITING_STOCK', now() + interval '1 day')
                """.formatted(UUID.randomUUID(), customer, key));
            var answer = place(key, twoCups("tok_visa"));
            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(json(answer).get("type").asString()).endsWith("/outcome-unknown");
            other.rollback();
        }
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static ReservationOutcome dearer(int quantity) {
        return new ReservationOutcome.Held(
                List.of(new OrderLine("cup", quantity, "Name of cup", new Money(FakePeers.UNIT_PRICE + 1, "EUR"))));
    }

    @Test
    void unknownStockStaysPendingAndRecoveryFinishes() {
        peers.nextReservation(() -> new ReservationOutcome.Unknown("no answer"));
        var first = place(key, twoCups("tok_visa"));
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(first.headers().firstValue("Retry-After")).contains("1");
        assertThat(json(first).get("reason").asString()).isEqualTo("AWAITING_STOCK");
        assertThat(json(first).get("total").isNull()).isTrue();
        awaitStatus(id(first), "CONFIRMED");
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
    }

    @Test
    void unknownPaymentStaysPendingWithItsPricesAndRecoveryFinishes() {
        peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
        var first = place(key, twoCups("tok_visa"));
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(json(first).get("reason").asString()).isEqualTo("AWAITING_PAYMENT");
        assertThat(json(first).at("/total/amount").asLong()).isEqualTo(2000);
        assertThat(jdbc.sql("select encode(card_token, 'escape') from orders.orders where id = ?")
                        .param(id(first).value())
                        .query(String.class)
                        .single())
                .as("the card rests encrypted")
                .doesNotContain("tok_visa");
        awaitStatus(id(first), "CONFIRMED");
    }

    @Test
    void theSameKeyForAnotherCheckoutIsRefused() {
        place(key, twoCups("tok_visa"));
        for (var other : List.of(
                twoCups("tok_other"),
                twoCups("tok_visa").replace("\"quantity\":2", "\"quantity\":3"),
                twoCups("tok_visa").replace("EUR", "USD"))) {
            var answer = place(key, other);
            assertThat(answer.statusCode()).isEqualTo(422);
            assertThat(json(answer).get("type").asString()).endsWith("/key-reused");
        }
    }

    @Test
    void aRepeatWhileTheRequestIsWorkedOnIsToldSo() throws Exception {
        var reached = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        peers.nextCharge(() -> {
            reached.countDown();
            awaitLatch(goOn);
            return new ChargeOutcome.Captured();
        });
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = executor.submit(() -> place(key, twoCups("tok_visa")));
            awaitLatch(reached);
            var repeat = place(key, twoCups("tok_visa"));
            assertThat(repeat.statusCode()).isEqualTo(409);
            assertThat(repeat.headers().firstValue("Retry-After")).contains("1");
            assertThat(json(repeat).get("type").asString()).endsWith("/key-in-flight");
            goOn.countDown();
            assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void twentyPostsOfOneKeyPlaceOneOrder() throws Exception {
        var barrier = new CyclicBarrier(20);
        var answers = new ArrayList<HttpResponse<String>>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var posts = new ArrayList<Future<HttpResponse<String>>>();
            for (var i = 0; i < 20; i++) {
                posts.add(executor.submit(() -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    return place(key, twoCups("tok_visa"));
                }));
            }
            for (var post : posts) {
                answers.add(post.get(20, TimeUnit.SECONDS));
            }
        }
        assertThat(answers).extracting(HttpResponse::statusCode).isSubsetOf(201, 409);
        assertThat(answers.stream()
                        .filter(answer -> answer.statusCode() == 201)
                        .map(HttpResponse::body)
                        .distinct())
                .hasSize(1);
        assertThat(count("select count(*) from orders.orders where customer_id = '" + customer + "'"))
                .isEqualTo(1);
    }

    @Test
    void onlyTheCustomersTokenOpensTheDoor() {
        assertThat(send(request("/api/orders", null).GET()).statusCode()).isEqualTo(401);
        assertThat(send(request("/api/orders", "nonsense").GET()).statusCode()).isEqualTo(401);
        assertThat(send(request("/api/orders", token(customer, keys())).GET()).statusCode())
                .isEqualTo(401);
        var order = id(place(key, twoCups("tok_visa")));
        var stranger = token(UUID.randomUUID(), KEYS);
        assertThat(send(request("/api/orders/" + order, stranger).GET()).statusCode())
                .isEqualTo(404);
        assertThat(send(request("/api/orders/" + order + "/cancel", stranger).POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void whatCanBeRefusedWithoutAskingAnyoneIsNotRemembered() {
        var bad = place(key, "{\"lines\":[{\"sku\":\"cup\",\"quantity\":101},{\"sku\":\"\",\"quantity\":1}]}");
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(json(bad)
                        .get("errors")
                        .valueStream()
                        .map(error -> error.get("field").asString()))
                .containsExactly(
                        "lines[0].quantity",
                        "lines[1].sku",
                        "payment.token",
                        "expectedTotal.amount",
                        "expectedTotal.currency");
        assertThat(place(key, twoCups("tok_visa").replace("\"lines\"", "\"lions\":1,\"lines\""))
                        .statusCode())
                .as("unknown fields are refused")
                .isEqualTo(400);
        assertThat(place(key, "{").statusCode()).isEqualTo(400);
        assertThat(place("", twoCups("tok_visa")).statusCode()).isEqualTo(400);
        assertThat(place("k".repeat(256), twoCups("tok_visa")).statusCode()).isEqualTo(400);
        assertThat(place(key, twoCups("tok_visa").replace("\"cup\"", "\"c\\u0000p\""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(place(key, twoCups("tok_visa").replace("\"cup\"", "\"c\\ud800p\""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(place(key, twoCups("tok visa")).statusCode()).isEqualTo(400);
        var twoKeys = send(request("/api/orders", token(customer, KEYS))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(twoCups("tok_visa"))));
        assertThat(twoKeys.statusCode()).isEqualTo(400);
        assertThat(json(twoKeys).at("/errors/0/field").asString()).isEqualTo("Idempotency-Key");
        assertThat(place(key, twoCups("tok_visa").replace("\"quantity\":2", "\"quantity\":2.5"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(get("/api/orders?limit=0").statusCode()).isEqualTo(400);
        assertThat(get("/api/orders?limit=x").statusCode()).isEqualTo(400);
        assertThat(get("/api/orders/nonsense").statusCode()).isEqualTo(400);
        assertThat(place(key, twoCups("tok_visa")).statusCode())
                .as("the key is still free")
                .isEqualTo(201);
    }

    @Test
    void pagesThroughACustomersOrdersNewestFirst() {
        var placed = new ArrayList<String>();
        for (var i = 0; i < 5; i++) {
            placed.addFirst(id(place("page-" + i, twoCups("tok_visa"))).toString());
        }
        var seen = new ArrayList<String>();
        var next = "";
        do {
            var page = json(get("/api/orders?limit=2" + next));
            page.get("orders").forEach(order -> seen.add(order.get("id").asString()));
            next = page.get("next").isNull() ? "" : "&after=" + page.get("next").asString();
        } while (!next.isEmpty());
        assertThat(seen).isEqualTo(placed);
    }

    @Test
    void cancelsAPendingOrderAndUndoesItsCharge() {
        peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
        var order = id(place(key, twoCups("tok_visa")));
        peers.nextVoid(() -> new VoidOutcome.Unknown("no answer"));
        var first = post("/api/orders/" + order + "/cancel");
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(json(first).get("status").asString()).isEqualTo("CANCELLING");
        awaitStatus(order, "CANCELLED");
        var again = post("/api/orders/" + order + "/cancel");
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(json(again).get("reason").asString()).isEqualTo("CUSTOMER");
        assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
        assertThat(peers.reservations.get(order)).isEqualTo(InMemoryInventory.State.RELEASED);
        var repeat = place(key, twoCups("tok_visa"));
        assertThat(repeat.statusCode()).isEqualTo(409);
        assertThat(json(repeat).get("type").asString()).endsWith("/order-cancelled");
    }

    @Test
    void aFinalOrderCannotBeCancelled() {
        var order = id(place(key, twoCups("tok_visa")));
        var answer = post("/api/orders/" + order + "/cancel");
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer).get("type").asString()).endsWith("/order-final");
        assertThat(json(answer).get("orderId").asString()).isEqualTo(order.toString());
    }

    @Test
    void aCancelOvertakesTheRequestThatIsBeingFinished() throws Exception {
        var reached = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        peers.nextCharge(() -> {
            reached.countDown();
            awaitLatch(goOn);
            return new ChargeOutcome.Captured();
        });
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = executor.submit(() -> place(key, twoCups("tok_visa")));
            awaitLatch(reached);
            var order = json(get("/api/orders")).at("/orders/0/id").asString();
            assertThat(post("/api/orders/" + order + "/cancel").statusCode()).isEqualTo(200);
            goOn.countDown();
            var answer = first.get(10, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(json(answer).get("type").asString()).endsWith("/order-cancelled");
            assertThat(count("select count(*) from orders.order_audit where event = 'FENCED_OFF' and order_id = '"
                            + order + "'"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aWorkerPausedBeyondItsLeaseChangesNothing() {
        var leased = orders.insert(newOrder(), Duration.ZERO).orElseThrow();
        awaitStatus(leased.order().id(), "CONFIRMED");
        var answer = finishOrder.finish(leased);
        assertThat(answer.status()).as("the answer is the decision on record").isEqualTo(Status.CONFIRMED);
        assertThat(count("select count(*) from orders.order_audit where event = 'FENCED_OFF' and order_id = '"
                        + leased.order().id() + "'"))
                .isEqualTo(1);
    }

    @Test
    void anOrderWhoseRequestDiedIsFinished() {
        var leased = orders.insert(newOrder(), Duration.ofMillis(200)).orElseThrow();
        awaitStatus(leased.order().id(), "CONFIRMED");
        awaitSettled(leased.order().id(), InMemoryInventory.State.COMMITTED);
    }

    /** A peer that has just come back gets at most recovery's 50 calls a second, reserves and settlements together. */
    @Test
    void recoveryKeepsItsPaceHoweverMuchThereIsToDo() {
        var ids = new ArrayList<OrderId>();
        for (var i = 0; i < 45; i++) {
            var order = newOrder(UUID.randomUUID().toString());
            ids.add(orders.insert(order, Duration.ZERO).orElseThrow().order().id());
        }
        await().atMost(BOUND)
                .until(() ->
                        ids.stream().allMatch(id -> peers.reservations.get(id) == InMemoryInventory.State.COMMITTED));
        var times = peers.inventoryCalls.stream()
                .filter(call -> ids.contains(call.order()))
                .mapToLong(FakePeers.Call::atNanos)
                .sorted()
                .toArray();
        assertThat(times).as("each is reserved and committed once").hasSize(90);
        var second = TimeUnit.SECONDS.toNanos(1);
        for (var time : times) {
            assertThat(Arrays.stream(times)
                            .filter(at -> at >= time && at < time + second)
                            .count())
                    .as("within one second, though the machine may be late with some of them")
                    .isLessThanOrEqualTo(60);
        }
    }

    @Test
    void anOrderOlderThanThePatienceIsGivenUp() {
        var leased = orders.insert(newOrder(), Duration.ofMinutes(1)).orElseThrow();
        var order = leased.order().id();
        jdbc.sql("update orders.orders set created_at = now() - interval '16 min', lease_until = null, due_at ="
                        + " now() where id = ?")
                .param(order.value())
                .update();
        awaitStatus(order, "CANCELLED");
        assertThat(json(get("/api/orders/" + order)).get("reason").asString()).isEqualTo("PATIENCE");
        assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
    }

    @Test
    void aPeerThatContradictsTheRecordCallsForAnOperator() {
        peers.nextCharge(() -> new ChargeOutcome.Contradiction("another amount"));
        var answer = place(key, twoCups("tok_visa"));
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(json(answer).get("status").asString()).isEqualTo("NEEDS_ATTENTION");
        assertThat(post("/api/orders/" + id(answer) + "/cancel").statusCode()).isEqualTo(202);
        assertThat(count("select count(*) from orders.order_audit where event = 'CANCEL_WISHED' and order_id = '"
                        + id(answer) + "'"))
                .isEqualTo(1);
    }

    @Test
    void onlyTheOperatorsTokenOpensTheOperatorsDoor() {
        for (var path : List.of("/operator/orders", "/operator/orders/" + UUID.randomUUID())) {
            for (var token :
                    new @Nullable String[] {null, "", OPERATOR + "x", OPERATOR.substring(1), token(customer, KEYS)}) {
                var answer = send(request(path, token).GET());
                assertThat(answer.statusCode()).as(path + " " + token).isEqualTo(401);
                assertThat(json(answer).get("type").asString()).endsWith("/unauthenticated");
            }
        }
        assertThat(send(request("/operator/orders/" + UUID.randomUUID() + "/resolve", null)
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString("{")))
                        .statusCode())
                .as("before anything is read")
                .isEqualTo(401);
        assertThat(send(request("/operator/orders", OPERATOR).GET()).statusCode())
                .isEqualTo(200);
        assertThat(send(request("/api/orders", OPERATOR).GET()).statusCode())
                .as("and no other path")
                .isEqualTo(401);
    }

    @Test
    void anOperatorSeesWhatNeedsAttentionAndLetsRecoveryTryAgain() {
        var order = orderThatNeedsAttention();
        assertThat(json(operator("", null))
                        .get("orders")
                        .valueStream()
                        .filter(found -> found.get("id").asString().equals(order.toString())))
                .singleElement()
                .satisfies(found -> assertThat(found.get("note").asString()).isEqualTo("another amount"));
        var dossier = json(operator("/" + order, null));
        assertThat(dossier.at("/lines/0/sku").asString()).isEqualTo("cup");
        assertThat(dossier.at("/history/1/status").asString()).isEqualTo("NEEDS_ATTENTION");
        assertThat(dossier.toString()).doesNotContain("tok_visa");
        assertThat(metric("store.orders.needing.attention"))
                .isPositive()
                .isEqualTo(count("select count(*) from orders.orders where status = 'NEEDS_ATTENTION'"));

        var retried = operator("/" + order + "/retry", "{}");
        assertThat(retried.statusCode()).isEqualTo(202);
        assertThat(json(retried).get("status").asString()).isEqualTo("PENDING");
        awaitStatus(order, "CONFIRMED");
        var late = operator("/" + order + "/retry", "{}");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(json(late).get("detail").asString()).contains("CONFIRMED");
        assertThat(operator("/" + UUID.randomUUID() + "/retry", "{}").statusCode())
                .isEqualTo(404);
    }

    @Test
    void anOperatorConfirmsWhatIsHeldAndCapturedAndNothingElse() {
        var order = orderThatNeedsAttention();
        var end = Map.<Runnable, String>of(
                () -> peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK)), "OUT_OF_STOCK",
                () -> peers.nextReservation(ReservationOutcome.Withdrawn::new), "released",
                () -> peers.nextReservation(() -> new ReservationOutcome.Unknown("no answer")), "no answer",
                () -> peers.nextReservation(() -> FakePeers.held(List.of(OrderLine.of("cup", 3)))), "other lines",
                () -> peers.nextReservation(() -> dearer(2)), "2002",
                () -> peers.nextCharge(() -> new ChargeOutcome.Declined(Reason.CARD_DECLINED)), "CARD_DECLINED",
                () -> peers.nextCharge(ChargeOutcome.Withdrawn::new), "voided",
                () -> peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer")), "no answer",
                () -> peers.nextCharge(() -> new ChargeOutcome.Contradiction("another card")), "another card");
        end.forEach((plan, why) -> {
            plan.run();
            var refused = resolve(order, "CONFIRMED");
            assertThat(refused.statusCode()).as(why).isEqualTo(409);
            assertThat(json(refused).get("detail").asString()).contains(why);
            assertThat(orders.find(order).orElseThrow().status()).isEqualTo(Status.NEEDS_ATTENTION);
        });

        var confirmed = resolve(order, "CONFIRMED");

        assertThat(confirmed.statusCode()).isEqualTo(200);
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
        awaitSettled(order, InMemoryInventory.State.COMMITTED);
        assertThat(count("select count(*) from orders.order_audit where actor = 'OPERATOR' and note = 'as agreed' and"
                        + " order_id = '" + order + "'"))
                .as("each attempt, with the reason given")
                .isEqualTo(end.size() + 1);
    }

    @Test
    void anOperatorCancelsByTheProtocol() {
        var order = orderThatNeedsAttention();
        peers.nextVoid(() -> new VoidOutcome.Contradiction("it is another order's"));
        var refused = resolve(order, "CANCELLED");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(json(operator("/" + order, null)).at("/givenUpFor").asString())
                .isEqualTo("PATIENCE");
        var confirm = resolve(order, "CONFIRMED");
        assertThat(json(confirm).get("detail").asString()).contains("can only end CANCELLED");

        assertThat(resolve(order, "CANCELLED").statusCode()).isEqualTo(200);

        assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
        assertThat(peers.reservations.get(order)).isEqualTo(InMemoryInventory.State.RELEASED);
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(409);
    }

    @Test
    void nobodyGetsTheMoneyBackForWhatIsSold() {
        var order = orderThatNeedsAttention();
        peers.nextRelease(() -> new SettlementOutcome.Contradiction("sold already"));
        assertThat(resolve(order, "CANCELLED").statusCode()).isEqualTo(409);
        assertThat(peers.payments).doesNotContainKey(order);
        assertThat(orders.find(order).orElseThrow().status()).isEqualTo(Status.NEEDS_ATTENTION);
    }

    @Test
    void aCustomersCancelMakesAnOperatorsRetryLeadToCancelled() {
        var order = orderThatNeedsAttention();
        assertThat(post("/api/orders/" + order + "/cancel").statusCode()).isEqualTo(202);
        assertThat(json(operator("/" + order + "/retry", "{\"why\":\"as wished\"}"))
                        .get("status")
                        .asString())
                .isEqualTo("CANCELLING");
        awaitStatus(order, "CANCELLED");
        assertThat(json(get("/api/orders/" + order)).get("reason").asString()).isEqualTo("CUSTOMER");
    }

    @Test
    void anOperatorSaysWhatAndWhy() {
        var order = orderThatNeedsAttention();
        for (var body : List.of(
                "{\"as\":\"CANCELLED\"}",
                "{\"why\":\"because\"}",
                "{\"as\":\"REJECTED\",\"why\":\"because\"}",
                "{\"as\":\"CANCELLED\",\"why\":\"two\\nlines\"}")) {
            assertThat(operator("/" + order + "/resolve", body).statusCode())
                    .as(body)
                    .isEqualTo(400);
        }
    }

    @Test
    void settlementsThatFailAreCountedUntilTheyAreDone() {
        var order = id(place(key, twoCups("tok_visa")));
        awaitSettled(order, InMemoryInventory.State.COMMITTED);
        assertThat(metric("store.settlements.retried")).isZero();
        jdbc.sql("insert into orders.settlement (order_id, settlement, of_request, attempts, due_at)"
                        + " values (?, 'COMMIT', true, 2, now() + interval '1 h')")
                .param(order.value())
                .update();
        assertThat(metric("store.settlements.retried")).isEqualTo(1);
        jdbc.sql("update orders.settlement set due_at = now()").update();
        await().atMost(BOUND)
                .untilAsserted(
                        () -> assertThat(metric("store.settlements.retried")).isZero());
    }

    private long metric(String name) {
        var request =
                HttpRequest.newBuilder(URI.create("http://localhost:" + managementPort + "/actuator/metrics/" + name));
        return json(send(request)).at("/measurements/0/value").asLong();
    }

    private OrderId orderThatNeedsAttention() {
        peers.nextCharge(() -> new ChargeOutcome.Contradiction("another amount"));
        return id(place(key, twoCups("tok_visa")));
    }

    private HttpResponse<String> resolve(OrderId order, String end) {
        return operator("/" + order + "/resolve", "{\"as\":\"" + end + "\",\"why\":\"as agreed\"}");
    }

    private HttpResponse<String> operator(String path, @Nullable String body) {
        var request = request("/operator/orders" + path, OPERATOR);
        return send(
                body == null
                        ? request.GET()
                        : request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    @Test
    void theDatabaseRefusesToChangeAFinalOrderOrItsHistory() {
        var order = id(place(key, twoCups("tok_visa")));
        assertThat(failure("update orders.orders set status = 'PENDING' where id = '" + order + "'"))
                .contains("is CONFIRMED and cannot become PENDING");
        assertThat(failure("delete from orders.order_audit where order_id = '" + order + "'"))
                .contains("append-only");
        assertThat(failure("truncate orders.order_audit")).contains("append-only");
    }

    private String failure(String sql) {
        try {
            jdbc.sql(sql).update();
            return "";
        } catch (DataAccessException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private NewOrder newOrder() {
        return newOrder(key);
    }

    private NewOrder newOrder(String key) {
        return new NewOrder(
                new OrderId(UUID.randomUUID()),
                new CustomerId(customer),
                new IdempotencyKey(key),
                new byte[32],
                List.of(OrderLine.of("cup", 1)),
                new CardToken("tok_visa"),
                new Money(FakePeers.UNIT_PRICE, "EUR"));
    }

    private static String twoCups(String card) {
        return "{\"lines\":[{\"sku\":\"cup\",\"quantity\":2}],\"payment\":{\"token\":\"" + card
                + "\"},\"expectedTotal\":{\"amount\":2000,\"currency\":\"EUR\"}}";
    }

    private HttpResponse<String> place(String key, String body) {
        return send(request("/api/orders", token(customer, KEYS))
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> get(String path) {
        return send(request(path, token(customer, KEYS)).GET());
    }

    private HttpResponse<String> post(String path) {
        return send(request(path, token(customer, KEYS)).POST(BodyPublishers.noBody()));
    }

    private HttpRequest.Builder request(String path, @Nullable String token) {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .timeout(BOUND);
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    private static OrderId id(HttpResponse<String> response) {
        return new OrderId(UUID.fromString(json(response).get("id").asString()));
    }

    private static OrderId orderIdIn(HttpResponse<String> problem) {
        return new OrderId(UUID.fromString(json(problem).get("orderId").asString()));
    }

    private void awaitStatus(OrderId order, String status) {
        await().atMost(BOUND)
                .until(() -> orders.find(order).orElseThrow().status().name().equals(status));
    }

    private void awaitSettled(OrderId order, InMemoryInventory.State reservation) {
        await().atMost(BOUND).until(() -> peers.reservations.get(order) == reservation);
        await().atMost(BOUND)
                .until(() -> count("select count(*) from orders.settlement where order_id = '" + order + "'") == 0);
    }

    private long count(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String token(UUID subject, KeyPair keys) {
        try {
            var jwt = new SignedJWT(
                    new JWSHeader(JWSAlgorithm.RS256),
                    new JWTClaimsSet.Builder()
                            .subject(subject.toString())
                            .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                            .build());
            jwt.sign(new RSASSASigner(keys.getPrivate()));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
