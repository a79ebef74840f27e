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
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
import store.order.Inventory;
import store.order.Inventory.ReservationOutcome;
import store.order.Money;
import store.order.NewOrder;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.testing.TestDatabase;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** order-service over real PostgreSQL and real HTTP, with peers in memory. All classes that extend this share one service. */
@SpringBootTest(
        classes = OrderServiceApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.config.name=order-service",
            "management.server.port=0",
            "store.order.inventory.address=http://localhost:1",
            "store.order.payment.address=http://localhost:1"
        })
@Import(RunningOrderService.Peers.class)
abstract class RunningOrderService {

    static final KeyPair KEYS = keys();
    static final JsonMapper JSON = new JsonMapper();
    static final String OPERATOR = "the-operators-token";
    static final Duration BOUND = Duration.ofSeconds(20);

    /** Not a folder of one test class: the service outlives it. */
    static final Path FOLDER = Path.of("target", "running-order-service");

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

    final HttpClient http = HttpClient.newHttpClient();
    final UUID customer = UUID.randomUUID();
    final String key = UUID.randomUUID().toString();

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
        Files.createDirectories(FOLDER);
        var database = TestDatabase.create();
        registry.add("spring.datasource.url", database::jdbcUrl);
        registry.add("spring.datasource.username", database::user);
        registry.add("spring.datasource.password", database::password);
        var secret =
                Files.writeString(FOLDER.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        registry.add("store.order.secret-file", secret::toString);
        var operator = Files.writeString(FOLDER.resolve("operator"), OPERATOR + "\n");
        registry.add("store.order.operator-token-file", operator::toString);
        var pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(KEYS.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        var publicKey = Files.writeString(FOLDER.resolve("guests.pem"), pem);
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

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static ReservationOutcome dearer(int quantity) {
        return new ReservationOutcome.Held(
                List.of(new OrderLine("cup", quantity, "Name of cup", new Money(FakePeers.UNIT_PRICE + 1, "EUR"))));
    }

    long metric(String name) {
        var request =
                HttpRequest.newBuilder(URI.create("http://localhost:" + managementPort + "/actuator/metrics/" + name));
        return json(send(request)).at("/measurements/0/value").asLong();
    }

    OrderId orderThatNeedsAttention() {
        peers.nextCharge(() -> new ChargeOutcome.Contradiction("another amount"));
        return id(place(key, twoCups("tok_visa")));
    }

    HttpResponse<String> resolve(OrderId order, String end) {
        return operator("/" + order + "/resolve", "{\"as\":\"" + end + "\",\"why\":\"as agreed\"}");
    }

    HttpResponse<String> operator(String path, @Nullable String body) {
        var request = request("/operator/orders" + path, OPERATOR);
        return send(
                body == null
                        ? request.GET()
                        : request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    String failure(String sql) {
        try {
            jdbc.sql(sql).update();
            return "";
        } catch (DataAccessException e) {
            return String.valueOf(e.getMessage());
        }
    }

    NewOrder newOrder() {
        return newOrder(key);
    }

    NewOrder newOrder(String key) {
        return new NewOrder(
                new OrderId(UUID.randomUUID()),
                new CustomerId(customer),
                new IdempotencyKey(key),
                new byte[32],
                List.of(OrderLine.of("cup", 1)),
                new CardToken("tok_visa"),
                new Money(FakePeers.UNIT_PRICE, "EUR"));
    }

    static String twoCups(String card) {
        return "{\"lines\":[{\"sku\":\"cup\",\"quantity\":2}],\"payment\":{\"token\":\"" + card
                + "\"},\"expectedTotal\":{\"amount\":2000,\"currency\":\"EUR\"}}";
    }

    HttpResponse<String> place(String key, String body) {
        return send(request("/api/orders", token(customer, KEYS))
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> get(String path) {
        return send(request(path, token(customer, KEYS)).GET());
    }

    HttpResponse<String> post(String path) {
        return send(request(path, token(customer, KEYS)).POST(BodyPublishers.noBody()));
    }

    HttpRequest.Builder request(String path, @Nullable String token) {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .timeout(BOUND);
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    static OrderId id(HttpResponse<String> response) {
        return new OrderId(UUID.fromString(json(response).get("id").asString()));
    }

    static OrderId orderIdIn(HttpResponse<String> problem) {
        return new OrderId(UUID.fromString(json(problem).get("orderId").asString()));
    }

    void awaitStatus(OrderId order, String status) {
        await().atMost(BOUND)
                .until(() -> orders.find(order).orElseThrow().status().name().equals(status));
    }

    void awaitSettled(OrderId order, InMemoryInventory.State reservation) {
        await().atMost(BOUND).until(() -> peers.reservations.get(order) == reservation);
        await().atMost(BOUND)
                .until(() -> count("select count(*) from orders.settlement where order_id = '" + order + "'") == 0);
    }

    long count(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String token(UUID subject, KeyPair keys) {
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
