package store.payment.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static store.payment.Orders.order;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.client.RestTestClient;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.payment.Acquirer;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.Money;
import store.payment.OrderId;
import store.testing.TestDatabase;
import tools.jackson.databind.json.JsonMapper;

/** The whole service over real HTTP, a real PostgreSQL and the real acquirer sandbox, with its recovery running. */
@SpringBootTest(
        classes = PaymentServiceApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.config.name=payment-service",
            "management.server.port=0",
            "store.payment.booking-delay=0s",
            "store.payment.recovery.reconcile-every=200ms"
        })
class PaymentServiceIT {

    private static final String OPERATOR = "the-operators-token";

    private static final TestDatabase DATABASE = TestDatabase.create();

    private static AcquirerSandbox sandbox;
    private static Path secret;
    private static Path operator;

    @Autowired
    JdbcClient jdbc;

    @Autowired
    Acquirer acquirer;

    @LocalServerPort
    int port;

    @LocalManagementPort
    int managementPort;

    private RestTestClient http;

    @BeforeAll
    static void start(@TempDir Path files) throws IOException {
        sandbox = AcquirerSandbox.start(
                AcquirerSettings.defaults(files.resolve("acquirer")).withChargebackAfter(Duration.ofMillis(100)));
        secret = Files.writeString(files.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]) + "\n");
        operator = Files.writeString(files.resolve("operator"), OPERATOR + "\n");
    }

    @DynamicPropertySource
    static void surroundings(DynamicPropertyRegistry registry) {
        registry.add("spring.datasource.url", DATABASE::jdbcUrl);
        registry.add("spring.datasource.username", DATABASE::user);
        registry.add("spring.datasource.password", DATABASE::password);
        registry.add("store.payment.acquirer.address", () -> "http://127.0.0.1:" + sandbox.port());
        registry.add("store.payment.secret-file", secret::toString);
        registry.add("store.payment.operator-token-file", operator::toString);
    }

    @BeforeEach
    void client() {
        http = RestTestClient.bindToServer().baseUrl("http://localhost:" + port).build();
    }

    @AfterAll
    static void stop() {
        sandbox.close();
    }

    @Test
    void chargesAndVoids() {
        var order = order();
        expect(charge(order, "tok_visa"), 200, "$.status", "CAPTURED");
        expect(charge(order, "tok_visa"), 200, "$.status", "CAPTURED");
        expect(charge(order, "tok_visa"), 200, "$.amount.amount", 1999);
        expect(charge(order, "tok_visa"), 200, "$.amount.currency", "EUR");
        expect(charge(order, "tok_other"), 422, "$.type", "https://checkout-store.example/problems/contradiction");
        expect(undo(order), 200, "$.status", "VOIDED");
        expect(undo(order), 200, "$.status", "VOIDED");
        expect(charge(order, "tok_visa"), 410, "$.type", "https://checkout-store.example/problems/withdrawn");
    }

    @Test
    void everyAnswerNamesTheOrder() {
        var order = order();
        var other = order();
        expect(charge(order, "tok_visa"), 200, "$.orderId", order.toString());
        expect(charge(order, "tok_other"), 422, "$.orderId", order.toString());
        expect(undo(order), 200, "$.orderId", order.toString());
        expect(charge(order, "tok_visa"), 410, "$.orderId", order.toString());
        expect(charge(other, "tok_declined"), 402, "$.orderId", other.toString());
        expect(undo(other), 200, "$.orderId", other.toString());
        var pending = order();
        expect(charge(pending, "tok_silent"), 202, "$.orderId", pending.toString());
    }

    @Test
    void movementsThatDoNotAddUpAreAContradictionAndAMetric() {
        var order = order();
        charge(order, "tok_visa").expectStatus().isOk();
        acquirer.capture(new AcquirerKey("another", order), new Money(1, "EUR"), new CardToken("tok_visa"));
        expect(undo(order), 422, "$.orderId", order.toString());
        expect(charge(order, "tok_visa"), 422, "$.orderId", order.toString());
        assertThat(stateOf(order)).isEqualTo("UNRECONCILED");
        assertThat(metric("store.payments.unreconciled")).isEqualTo(1);

        acquirer.undo(new AcquirerKey("another", order));
        Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> {
            jdbc.sql("update payments.payment set due_at = now() where state = 'UNRECONCILED'")
                    .update();
            return stateOf(order).equals("VOIDED");
        });
        assertThat(metric("store.payments.unreconciled")).isZero();
    }

    @Test
    void aRefusedWriteIsAContradictionLoggedOnceAndCounted() {
        var order = order();
        var refusedBefore = metric("store.payments.writes.refused");
        var logger = (Logger) LoggerFactory.getLogger("store.payment");
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        logger.addAppender(lines);
        jdbc.sql("alter table payments.payment add constraint of_a_test check (order_id <> '" + order + "')")
                .update();
        try {
            expect(charge(order, "tok_visa"), 422, "$.orderId", order.toString());
            expect(charge(order, "tok_visa"), 422, "$.orderId", order.toString());
            expect(undo(order), 422, "$.orderId", order.toString());
        } finally {
            jdbc.sql("alter table payments.payment drop constraint of_a_test").update();
            logger.detachAppender(lines);
        }
        assertThat(lines.list)
                .filteredOn(line -> line.getFormattedMessage().contains(order.toString()))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.getLevel()).isEqualTo(Level.ERROR);
                    assertThat(line.getFormattedMessage()).contains("of_a_test");
                });
        assertThat(metric("store.payments.writes.refused") - refusedBefore).isEqualTo(3);
    }

    @Test
    void declinesWithAReason() {
        var order = order();
        expect(charge(order, "tok_insufficient_funds"), 402, "$.reason", "INSUFFICIENT_FUNDS");
        expect(charge(order, "tok_insufficient_funds"), 402, "$.reason", "INSUFFICIENT_FUNDS");
        expect(undo(order), 200, "$.status", "DECLINED");
        expect(charge(order(), "tok_unheard_of"), 402, "$.reason", "CARD_DECLINED");
    }

    @Test
    void aVoidBeforeItsChargeStands() {
        var order = order();
        expect(undo(order), 200, "$.status", "VOIDED");
        charge(order, "tok_visa").expectStatus().isEqualTo(410);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_slow", "tok_silent", "tok_unavailable"})
    void findsOutWithoutBeingAskedAgain(String token) {
        var order = order();
        expect(charge(order, token), 202, "$.status", "PENDING");
        Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> stateOf(order), "CAPTURED"::equals);
        expect(charge(order, token), 200, "$.status", "CAPTURED");
    }

    @Test
    void booksAChargebackFromTheStatement() {
        var order = order();
        charge(order, "tok_fraud_later").expectStatus().isOk();
        Awaitility.await()
                .atMost(10, TimeUnit.SECONDS)
                .until(() -> booked(order), List.of("CAPTURE", "CHARGEBACK")::equals);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"amount":{"amount":0,"currency":"EUR"},"token":"tok_visa"}
        {"amount":{"amount":-1,"currency":"EUR"},"token":"tok_visa"}
        {"amount":{"amount":19.99,"currency":"EUR"},"token":"tok_visa"}
        {"amount":{"amount":99999999999999999999,"currency":"EUR"},"token":"tok_visa"}
        {"amount":{"amount":1,"currency":"XYZW"},"token":"tok_visa"}
        {"amount":{"amount":1},"token":"tok_visa"}
        {"amount":{"amount":1,"currency":"EUR"}}
        {"amount":{"amount":1,"currency":"EUR"},"token":""}
        {"amount":{"amount":1,"currency":"EUR"},"token":"tok_visa","more":1}
        {"token":"tok_visa"}
        {"amount":
        []
        null
        """)
    void refusesWhatCannotBeACharge(String body) {
        expect(put(order().toString(), body), 400, "$.type", "https://checkout-store.example/problems/invalid-request");
    }

    @Test
    void refusesWhatCannotBeAnOrderId() {
        var body = "{\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"token\":\"tok_visa\"}";
        put("42", body).expectStatus().isBadRequest();
        put(UUID.randomUUID().toString(), body).expectStatus().isBadRequest();
        http.post().uri("/payments/42/void").exchange().expectStatus().isBadRequest();
    }

    @Test
    void saysUnavailableWhenARowStaysLocked() throws SQLException {
        try (var connection = DriverManager.getConnection(DATABASE.jdbcUrl(), DATABASE.user(), DATABASE.password());
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table payments.payment in exclusive mode");
            expectUnavailable(charge(order(), "tok_visa"));
            connection.rollback();
        }
    }

    @Test
    void saysUnavailableWhileTheDatabaseIsAwayAndGoesOnAfterwards() throws SQLException {
        var order = order();
        try (var connection = DriverManager.getConnection(
                        DATABASE.jdbcUrl().replaceFirst("/test_\\d+$", "/postgres"),
                        DATABASE.user(),
                        DATABASE.password());
                var statement = connection.createStatement()) {
            var name = DATABASE.jdbcUrl().replaceFirst(".*/", "");
            statement.execute("alter database " + name + " allow_connections false");
            statement.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'");
            expectUnavailable(charge(order, "tok_visa"));
            expectUnavailable(undo(order()));
            statement.execute("alter database " + name + " allow_connections true");
        }
        Awaitility.await()
                .atMost(10, TimeUnit.SECONDS)
                .until(
                        () -> charge(order, "tok_visa")
                                .returnResult()
                                .getStatus()
                                .value(),
                        status -> status == 200);
    }

    @Test
    void showsTheTokenInNoLogLine() {
        var loggers = List.of("store", "org.springframework").stream()
                .map(name -> (Logger) LoggerFactory.getLogger(name))
                .toList();
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        loggers.forEach(logger -> {
            logger.addAppender(lines);
            logger.setLevel(Level.TRACE);
            logger.setAdditive(false);
        });
        try {
            charge(order(), "tok_visa");
            put(order().toString(), "{\"amount\":{\"amount\":\"x\"},\"token\":\"tok_visa\"}");
            put(order().toString(), "{\"amount\":{\"amount\":1,\"currency\":\"EUR\"},\"token\":\"tok_visa 2\"}");
        } finally {
            loggers.forEach(logger -> {
                logger.detachAppender(lines);
                logger.setLevel(null);
                logger.setAdditive(true);
            });
        }
        assertThat(lines.list)
                .filteredOn(line -> !line.getLoggerName().startsWith("org.springframework.web.client")) // this test's
                .map(line -> line.getFormattedMessage() + " " + line.getKeyValuePairs())
                .anyMatch(line -> line.contains("CAPTURED"))
                .anyMatch(line -> line.contains("ChargeRequest"))
                .noneMatch(line -> line.contains("tok_visa"));
    }

    @Test
    void reportsWhatItCannotExplainToTheOperatorAndToAlarms() {
        var stranger = order();
        RestTestClient.bindToServer()
                .baseUrl("http://localhost:" + sandbox.port())
                .build()
                .put()
                .uri("/captures/elsewhere-" + stranger)
                .contentType(MediaType.APPLICATION_JSON)
                .body("{\"orderId\":\"%s\",\"amount\":{\"amount\":1999,\"currency\":\"EUR\"},\"token\":\"tok_visa\"}"
                        .formatted(stranger))
                .exchange()
                .expectStatus()
                .isOk();
        Awaitility.await()
                .atMost(10, TimeUnit.SECONDS)
                .until(() -> discrepancyOf(stranger).equals("MONEY_WITHOUT_PAYMENT"));
        assertThat(metric("store.payments.discrepancies.open")).isPositive();
        assertThat(metric("store.payments.movements.unreadable")).isZero();
        assertThat(metric("store.payments.statement.age")).isLessThan(10);
    }

    /** The kind of the order's discrepancy, as the operator sees it. */
    private String discrepancyOf(OrderId order) {
        var body = http.get()
                .uri("/operator/reconciliation")
                .header(HttpHeaders.AUTHORIZATION, "Bearer " + OPERATOR)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        return JsonMapper.shared()
                .readTree(body)
                .get("discrepancies")
                .valueStream()
                .filter(found -> order.toString().equals(found.path("orderId").asString("")))
                .map(found -> found.path("kind").asString())
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer ", "Bearer " + OPERATOR + "x", OPERATOR})
    void onlyTheOperatorsTokenOpensTheOperatorsDoor(String authorization) {
        var refused = http.get()
                .uri("/operator/reconciliation?all=true")
                .header(HttpHeaders.AUTHORIZATION, authorization)
                .exchange();
        expect(refused, 401, "$.type", "https://checkout-store.example/problems/unauthenticated");
    }

    @Test
    void isReady() {
        management("/actuator/health/readiness").expectStatus().isOk();
    }

    private double metric(String name) {
        var body = management("/actuator/metrics/" + name)
                .expectStatus()
                .isOk()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        return JsonMapper.shared()
                .readTree(body)
                .get("measurements")
                .get(0)
                .get("value")
                .asDouble();
    }

    private RestTestClient.ResponseSpec management(String path) {
        return RestTestClient.bindToServer()
                .baseUrl("http://localhost:" + managementPort)
                .build()
                .get()
                .uri(path)
                .exchange();
    }

    private RestTestClient.ResponseSpec charge(OrderId order, String token) {
        return put(
                order.toString(),
                "{\"amount\":{\"amount\":1999,\"currency\":\"EUR\"},\"token\":\"%s\"}".formatted(token));
    }

    private RestTestClient.ResponseSpec put(String order, String body) {
        return http.put()
                .uri("/payments/" + order)
                .contentType(MediaType.APPLICATION_JSON)
                .body(body)
                .exchange();
    }

    private RestTestClient.ResponseSpec undo(OrderId order) {
        return http.post().uri("/payments/" + order + "/void").exchange();
    }

    private static void expect(RestTestClient.ResponseSpec response, int status, String path, Object value) {
        response.expectStatus().isEqualTo(status).expectBody().jsonPath(path).isEqualTo(value);
    }

    private static void expectUnavailable(RestTestClient.ResponseSpec response) {
        response.expectHeader().exists(HttpHeaders.RETRY_AFTER);
        expect(response, 503, "$.type", "https://checkout-store.example/problems/unavailable");
    }

    private String stateOf(OrderId order) {
        return jdbc.sql("select state from payments.payment where order_id = ?")
                .param(order.value())
                .query((row, _) -> row.getString(1))
                .single();
    }

    private List<String> booked(OrderId order) {
        return jdbc.sql("select kind from payments.ledger_posting where order_id = ? order by occurred_at")
                .param(order.value())
                .query((row, _) -> row.getString(1))
                .list();
    }
}
