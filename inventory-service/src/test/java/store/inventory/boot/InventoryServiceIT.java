package store.inventory.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.client.RestTestClient;
import store.inventory.Line;
import store.inventory.OrderId;
import store.inventory.Refusal;
import store.inventory.ReportOverdueHolds;
import store.inventory.Reservation;
import store.inventory.ReservationAnswer;
import store.inventory.ReservationAnswer.Contradiction;
import store.inventory.ReservationAnswer.Held;
import store.inventory.ReservationAnswer.Refused;
import store.inventory.ReservationAnswer.Withdrawn;
import store.inventory.Reservations;
import store.inventory.ReserveStock;
import store.inventory.SettleReservation;
import store.inventory.SettlementAnswer;
import store.testing.TestDatabase;
import tools.jackson.databind.json.JsonMapper;

/** The whole service over a real PostgreSQL and real HTTP. */
@SpringBootTest(
        classes = InventoryServiceApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {"spring.config.name=inventory-service", "management.server.port=0"})
class InventoryServiceIT {

    private static final String CUP = "sku-001";
    private static final String MUG = "sku-003";

    @Autowired
    ReserveStock reserveStock;

    @Autowired
    SettleReservation settleReservation;

    @Autowired
    ReportOverdueHolds reportOverdueHolds;

    @Autowired
    Reservations reservations;

    @Autowired
    JdbcClient jdbc;

    @LocalManagementPort
    int managementPort;

    @LocalServerPort
    int port;

    RestTestClient http;

    @DynamicPropertySource
    static void database(DynamicPropertyRegistry registry) {
        var database = TestDatabase.create();
        registry.add("spring.datasource.url", database::jdbcUrl);
        registry.add("spring.datasource.username", database::user);
        registry.add("spring.datasource.password", database::password);
    }

    @BeforeEach
    void refill() {
        http = RestTestClient.bindToServer().baseUrl("http://localhost:" + port).build();
        jdbc.sql("delete from inventory.reservation").update();
        jdbc.sql("update inventory.stock set initial = 100, available = 100, held = 0, sold = 0")
                .update();
    }

    @Test
    void seedsFiftyProductsWithPlainNames() {
        http.get()
                .uri("/api/products")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.products.length()")
                .isEqualTo(50)
                .jsonPath("$.products[0].sku")
                .isEqualTo(CUP)
                .jsonPath("$.products[0].name")
                .isEqualTo("Espresso Cup")
                .jsonPath("$.products[0].price.amount")
                .isEqualTo(690)
                .jsonPath("$.products[0].price.currency")
                .isEqualTo("EUR")
                .jsonPath("$.products[0].available")
                .isEqualTo(100)
                .jsonPath("$.asOf")
                .exists()
                .jsonPath("$.stale")
                .isEqualTo(false);
    }

    @Test
    void showsOneProductFlat() {
        http.get()
                .uri("/api/products/" + MUG)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.name")
                .isEqualTo("Tea Mug")
                .jsonPath("$.stale")
                .isEqualTo(false);
        http.get()
                .uri("/api/products/nothing")
                .exchange()
                .expectStatus()
                .isNotFound()
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.type")
                .isEqualTo("https://checkout-store.example/problems/not-found");
    }

    @Test
    void holdsSellsAndReportsTheSameAgain() {
        var order = order();
        var held = reserveStock.reserve(order, List.of(new Line(MUG, 2), new Line(CUP, 3)));
        assertThat(held).isInstanceOf(Held.class);
        assertThat(stockOf(CUP)).isEqualTo("97/3/0");
        jdbc.sql("update inventory.product set price_amount = price_amount + 1").update();
        assertThat(reserveStock.reserve(order, List.of(new Line(CUP, 3), new Line(MUG, 2))))
                .as("a repeat gets the first answer, at the first prices")
                .isEqualTo(held);
        jdbc.sql("update inventory.product set price_amount = price_amount - 1").update();

        assertThat(settleReservation.commit(order)).isInstanceOf(SettlementAnswer.Settled.class);
        assertThat(settleReservation.commit(order)).isInstanceOf(SettlementAnswer.Settled.class);
        assertThat(stockOf(CUP)).isEqualTo("97/0/3");
        assertThat(settleReservation.release(order)).isInstanceOf(SettlementAnswer.Contradiction.class);
        assertThat(stockOf(CUP)).isEqualTo("97/0/3");
    }

    @Test
    void holdsAllLinesOrNone() {
        var order = order();
        var tooMany = List.of(new Line(CUP, 1), new Line(MUG, 101));
        assertThat(reserveStock.reserve(order, tooMany)).isEqualTo(new Refused(Refusal.OUT_OF_STOCK));
        assertThat(stockOf(CUP)).isEqualTo("100/0/0");
        jdbc.sql("update inventory.stock set initial = 200, available = 200").update();
        assertThat(reserveStock.reserve(order, tooMany))
                .as("refused stays refused")
                .isEqualTo(new Refused(Refusal.OUT_OF_STOCK));
        assertThat(settleReservation.release(order)).isInstanceOf(SettlementAnswer.Settled.class);
    }

    @Test
    void reportsAnUnknownProductBeforeAShortOne() {
        assertThat(reserveStock.reserve(order(), List.of(new Line(CUP, 101), new Line("sku-999", 1))))
                .isEqualTo(new Refused(Refusal.UNKNOWN_PRODUCT));
    }

    @Test
    void releasesOnceAndTurnsALateReserveAway() {
        var held = order();
        reserveStock.reserve(held, List.of(new Line(CUP, 5)));
        settleReservation.release(held);
        settleReservation.release(held);
        assertThat(stockOf(CUP)).isEqualTo("100/0/0");
        assertThat(reserveStock.reserve(held, List.of(new Line(CUP, 5)))).isEqualTo(new Withdrawn());

        var neverReserved = order();
        assertThat(settleReservation.release(neverReserved)).isInstanceOf(SettlementAnswer.Settled.class);
        assertThat(reserveStock.reserve(neverReserved, List.of(new Line(CUP, 5))))
                .isEqualTo(new Withdrawn());
        assertThat(settleReservation.commit(neverReserved)).isInstanceOf(SettlementAnswer.Contradiction.class);
        assertThat(stockOf(CUP)).isEqualTo("100/0/0");
    }

    @Test
    void otherLinesUnderTheSameOrderAreAContradiction() {
        var order = order();
        reserveStock.reserve(order, List.of(new Line(CUP, 1)));
        assertThat(reserveStock.reserve(order, List.of(new Line(CUP, 2)))).isInstanceOf(Contradiction.class);
        assertThat(stockOf(CUP)).isEqualTo("99/1/0");
    }

    @Test
    void reportsWhatIsHeldForTooLongAndReleasesNothing() {
        var held = new OrderId(UUID.randomUUID());
        var sold = new OrderId(UUID.randomUUID());
        for (var order : List.of(held, sold)) {
            reserveStock.reserve(order, List.of(new Line(CUP, 1)));
        }
        settleReservation.commit(sold);
        assertThat(reportOverdueHolds.report()).isZero();
        jdbc.sql("update inventory.reservation set created_at = now() - interval '21 min'")
                .update();
        assertThat(reportOverdueHolds.report()).isEqualTo(1);
        RestTestClient.bindToServer()
                .baseUrl("http://localhost:" + managementPort)
                .build()
                .get()
                .uri("/actuator/metrics/store.holds.overdue")
                .exchange()
                .expectBody()
                .jsonPath("$.measurements[0].value")
                .isEqualTo(1);
        assertThat(reservations.heldFor(Duration.ofMinutes(20)).oldest()).isEqualTo(held);
        assertThat(reservations.find(held).orElseThrow().state()).isEqualTo(Reservation.State.HELD);
    }

    @Test
    void twentyBuyersOfTheLastPieceGetItOnce() throws Exception {
        jdbc.sql("update inventory.stock set initial = 1, available = 1").update();
        var answers = together(20, () -> reserveStock.reserve(order(), List.of(new Line(CUP, 1))));
        assertThat(answers.stream().filter(Held.class::isInstance)).hasSize(1);
        assertThat(answers.stream().filter(Refused.class::isInstance)).hasSize(19);
        assertThat(stockOf(CUP)).isEqualTo("0/1/0");
    }

    @Test
    void twentyAttemptsOfOneOrderHoldOnce() throws Exception {
        var order = order();
        var answers = together(20, () -> reserveStock.reserve(order, List.of(new Line(CUP, 4))));
        assertThat(answers).allMatch(Held.class::isInstance);
        assertThat(stockOf(CUP)).isEqualTo("96/4/0");
    }

    @Test
    void cartsInOppositeOrderDoNotLockEachOtherOut() throws Exception {
        var forward = List.of(new Line(CUP, 1), new Line(MUG, 1));
        var answers = together(20, () -> {
            var order = order();
            var answer = reserveStock.reserve(order, order.value().hashCode() % 2 == 0 ? forward : forward.reversed());
            settleReservation.release(order);
            return answer;
        });
        assertThat(answers).allMatch(Held.class::isInstance);
        assertThat(stockOf(CUP)).isEqualTo("100/0/0");
        assertThat(stockOf(MUG)).isEqualTo("100/0/0");
    }

    @Test
    void theInternalApiSpeaksInStatusesAndNamesTheOrder() {
        var order = order();
        assertNames(order, put(order, "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":2}]}"), 200)
                .jsonPath("$.lines[0].unitPrice.amount")
                .isEqualTo(690);
        assertNames(order, put(order, "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":3}]}"), 422);
        var refused = order();
        assertNames(refused, put(refused, "{\"lines\":[{\"sku\":\"none\",\"quantity\":2}]}"), 409)
                .jsonPath("$.reason")
                .isEqualTo("UNKNOWN_PRODUCT");
        assertNames(order, post(order, "release"), 200).jsonPath("$.settlement").isEqualTo("RELEASE");
        assertNames(order, put(order, "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":2}]}"), 410);
        assertNames(order, post(order, "commit"), 422);
        var sold = order();
        put(sold, "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":2}]}");
        assertNames(sold, post(sold, "commit"), 200).jsonPath("$.settlement").isEqualTo("COMMIT");
        assertNames(sold, post(sold, "release"), 422);
        put(order(), "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":0}]}")
                .expectStatus()
                .isBadRequest();
        put(order(), "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":1.5}]}")
                .expectStatus()
                .isBadRequest();
        put(order(), "{\"lines\":").expectStatus().isBadRequest();
        put(order(), "{}").expectStatus().isBadRequest();
        post(order, "commit/../sell").expectStatus().isNotFound();
    }

    @Test
    void keepsAHistoryOfEachReservation() {
        var sold = order();
        reserveStock.reserve(sold, List.of(new Line(CUP, 1)));
        reserveStock.reserve(sold, List.of(new Line(CUP, 1)));
        settleReservation.commit(sold);
        settleReservation.commit(sold);
        assertThat(history(sold)).containsExactly("to HELD", "HELD to COMMITTED");

        var released = order();
        reserveStock.reserve(released, List.of(new Line(CUP, 1)));
        settleReservation.release(released);
        settleReservation.release(released);
        assertThat(history(released)).containsExactly("to HELD", "HELD to RELEASED");

        var missing = order();
        reserveStock.reserve(missing, List.of(new Line(CUP, 101)));
        assertThat(history(missing))
                .as("what was rolled back leaves no trace")
                .containsExactly("to REFUSED OUT_OF_STOCK");

        var tombstone = order();
        settleReservation.release(tombstone);
        reserveStock.reserve(tombstone, List.of(new Line(CUP, 1)));
        assertThat(history(tombstone)).containsExactly("to WITHDRAWN");
    }

    @Test
    void noReservationChangesInAWayThatItsHistoryDoesNotKnow() {
        var sold = order();
        reserveStock.reserve(sold, List.of(new Line(CUP, 1)));
        settleReservation.commit(sold);
        for (var state : List.of("HELD", "RELEASED")) {
            assertRefused("update inventory.reservation set state = '" + state + "'", "possible_transition");
        }
        assertRefused("""
            insert into inventory.reservation (order_id, state, requested, held)
            values (gen_random_uuid(), 'COMMITTED', '[]', '[1]')
            """, "possible_transition");
        for (var change : List.of(
                "update inventory.reservation_event set to_state = 'HELD'",
                "delete from inventory.reservation_event",
                "truncate inventory.reservation_event")) {
            assertRefused(change, "append-only");
        }
    }

    @Test
    void givesTheReservationsOfAnOlderDatabaseAHistory() {
        var database = TestDatabase.create();
        var migrations = Flyway.configure()
                .dataSource(database.jdbcUrl(), database.user(), database.password())
                .schemas("inventory")
                .defaultSchema("inventory")
                .table("flyway_history")
                .locations("classpath:db/migration/inventory")
                .placeholders(Map.of("stock", "null"));
        migrations.target("2").load().migrate();
        var old = JdbcClient.create(
                new DriverManagerDataSource(database.jdbcUrl(), database.user(), database.password()));
        old.sql("""
            insert into inventory.reservation (order_id, state, requested, held, refusal, created_at, updated_at)
            select gen_random_uuid(), state, '[]', case when state in ('REFUSED', 'WITHDRAWN') then '[]' else '[1]' end::jsonb,
                case when state = 'REFUSED' then 'OUT_OF_STOCK' end, now() - interval '2 h', now() - interval '1 h'
            from unnest(array['HELD', 'REFUSED', 'COMMITTED', 'RELEASED', 'WITHDRAWN']) state
            """).update();
        old.sql("insert into inventory.product values ('odd', 'Odd', 'Beyond all cards', 1000000000000, 'ZZZ')")
                .update();

        migrations.target("latest").load().migrate();

        assertThat(old.sql("""
            select string_agg(concat_ws(' ', from_state, 'to', to_state, e.refusal,
                round(extract(epoch from now() - at) / 3600)), ', ' order by id)
            from inventory.reservation_event e join inventory.reservation r using (order_id) group by order_id, state
            order by state
            """).query(String.class).list())
                .containsExactly(
                        "to HELD 2, HELD to COMMITTED 1",
                        "to HELD 2",
                        "to REFUSED OUT_OF_STOCK 2",
                        "to HELD 2, HELD to RELEASED 1",
                        "to WITHDRAWN 2");
    }

    @Test
    void noPriceThatPaymentDoesNotTakeComesIntoTheCatalogue() {
        for (var price : List.of(0L, -1L, 200_000_000L, 1_000_000_000_000L)) {
            assertRefused("update inventory.product set price_amount = " + price + " where sku = 'sku-001'", "price");
        }
        for (var currency : List.of("ZZZ", "DEM", "XXX", "eur")) {
            assertRefused(
                    "update inventory.product set price_currency = '" + currency + "' where sku = 'sku-001'",
                    "currency");
        }
        assertThat(50 * 100 * 199_999_999L).as("the dearest order").isLessThanOrEqualTo(999_999_999_999L);
    }

    @Test
    void everyCurrencyOfTheCatalogueIsKnownToPayment() {
        var listed = Pattern.compile("'([A-Z]{3})'")
                .matcher(definition("payable_currency"))
                .results()
                .map(code -> code.group(1))
                .toList();
        assertThat(listed).contains("EUR", "USD", "JPY").doesNotHaveDuplicates().hasSizeGreaterThan(150);
        assertThat(listed)
                .allSatisfy(code -> assertThat(Currency.getInstance(code).getDefaultFractionDigits())
                        .isNotNegative());
    }

    @Test
    void showsAndHoldsAProductWhosePriceNobodyCanPay() {
        var price = definition("payable_price");
        var currency = definition("payable_currency");
        jdbc.sql("alter table inventory.product drop constraint payable_price, drop constraint payable_currency")
                .update();
        try {
            jdbc.sql("insert into inventory.product values ('odd', 'Odd', 'Beyond all cards', 1000000000000, 'ZZZ')")
                    .update();
            jdbc.sql("insert into inventory.stock (sku, initial, available) values ('odd', 5, 5)")
                    .update();
            http.get()
                    .uri("/api/products")
                    .exchange()
                    .expectStatus()
                    .isOk()
                    .expectBody()
                    .jsonPath("$.products.length()")
                    .isEqualTo(51);
            http.get()
                    .uri("/api/products/odd")
                    .exchange()
                    .expectStatus()
                    .isOk()
                    .expectBody()
                    .jsonPath("$.price.amount")
                    .isEqualTo(1_000_000_000_000L)
                    .jsonPath("$.price.currency")
                    .isEqualTo("ZZZ");
            var order = order();
            assertNames(order, put(order, "{\"lines\":[{\"sku\":\"odd\",\"quantity\":2}]}"), 200)
                    .jsonPath("$.lines[0].unitPrice.amount")
                    .isEqualTo(1_000_000_000_000L);
            assertNames(order, post(order, "release"), 200);
        } finally {
            jdbc.sql("delete from inventory.stock where sku = 'odd'").update();
            jdbc.sql("delete from inventory.product where sku = 'odd'").update();
            jdbc.sql("alter table inventory.product add constraint payable_price " + price
                            + ", add constraint payable_currency " + currency)
                    .update();
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aWriteThatAConstraintRefusesIsAContradictionAndNoOutage(CapturedOutput output) {
        var before = refusedWrites();
        var line = "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":2}]}";
        var order = order();
        withConstraint("inventory.stock", "held = 0", () -> {
            assertNames(order, put(order, line), 422);
            assertNames(order, put(order, line), 422);
        });
        assertThat(reservations.find(order)).isEmpty();
        assertNames(order, put(order, line), 200);
        withConstraint("inventory.stock", "sold = 0", () -> assertNames(order, post(order, "commit"), 422));
        withConstraint(
                "inventory.reservation", "state <> 'RELEASED'", () -> assertNames(order, post(order, "release"), 422));
        assertThat(reservations.find(order).orElseThrow().state()).isEqualTo(Reservation.State.HELD);
        assertThat(stockOf(CUP)).isEqualTo("98/2/0");
        assertThat(refusedWrites() - before).isEqualTo(4);
        assertThat(output.getAll().lines().filter(logged -> logged.contains("ERROR")))
                .as("once for the order")
                .singleElement()
                .asString()
                .contains(order.toString(), "planted")
                .doesNotContain("Failing row");

        var goods = order();
        jdbc.sql("""
            insert into inventory.reservation (order_id, state, requested, held) values (?, 'HELD', '[]',
                '[{"sku":"gone","name":"Gone","quantity":1,"unitPrice":{"amount":1,"currency":"EUR"}}]')
            """).param(goods.value()).update();
        assertNames(goods, post(goods, "commit"), 422);
        assertNames(goods, post(goods, "release"), 422);
    }

    /** While {@code work} runs, the table refuses rows that do not meet {@code condition}. */
    private void withConstraint(String table, String condition, Runnable work) {
        jdbc.sql("alter table " + table + " add constraint planted check (" + condition + ") not valid")
                .update();
        try {
            work.run();
        } finally {
            jdbc.sql("alter table " + table + " drop constraint planted").update();
        }
    }

    private double refusedWrites() {
        var measured = RestTestClient.bindToServer()
                .baseUrl("http://localhost:" + managementPort)
                .build()
                .get()
                .uri("/actuator/metrics/store.inventory.writes.refused")
                .exchange()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        return JsonMapper.shared()
                .readTree(String.valueOf(measured))
                .path("measurements")
                .path(0)
                .path("value")
                .asDouble();
    }

    private String definition(String constraint) {
        return jdbc.sql("select pg_get_constraintdef(oid) from pg_constraint where conname = ?")
                .param(constraint)
                .query(String.class)
                .single();
    }

    private List<String> history(OrderId order) {
        return jdbc.sql("""
            select concat_ws(' ', from_state, 'to', to_state, refusal) from inventory.reservation_event
            where order_id = ? order by id
            """)
                .param(order.value())
                .query((row, _) -> String.valueOf(row.getString(1)))
                .list();
    }

    private void assertRefused(String sql, String why) {
        assertThatThrownBy(() -> jdbc.sql(sql).update()).hasStackTraceContaining(why);
    }

    private static RestTestClient.BodyContentSpec assertNames(
            OrderId order, RestTestClient.ResponseSpec answer, int status) {
        return answer.expectStatus()
                .isEqualTo(status)
                .expectBody()
                .jsonPath("$.orderId")
                .isEqualTo(order.toString());
    }

    private RestTestClient.ResponseSpec put(OrderId order, String body) {
        return http.put()
                .uri("/reservations/" + order)
                .contentType(MediaType.APPLICATION_JSON)
                .body(body)
                .exchange();
    }

    private RestTestClient.ResponseSpec post(OrderId order, String act) {
        return http.post().uri("/reservations/" + order + "/" + act).exchange();
    }

    private static OrderId order() {
        return new OrderId(UUID.randomUUID());
    }

    private String stockOf(String sku) {
        return jdbc.sql("select available || '/' || held || '/' || sold from inventory.stock where sku = ?")
                .param(sku)
                .query(String.class)
                .single();
    }

    private static List<ReservationAnswer> together(int threads, Callable<ReservationAnswer> act) throws Exception {
        var barrier = new CyclicBarrier(threads);
        var answers = new ArrayList<ReservationAnswer>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var started = new ArrayList<java.util.concurrent.Future<ReservationAnswer>>();
            for (var i = 0; i < threads; i++) {
                started.add(executor.submit(() -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    return act.call();
                }));
            }
            for (var future : started) {
                answers.add(future.get(20, TimeUnit.SECONDS));
            }
        }
        return answers;
    }
}
