package store.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Checkouts through five processes; what counts is what the databases and the card network's record say afterwards. */
class CheckoutIT {

    private static final int STOCK = 10_000;
    private static final Duration FINAL_BOUND = Duration.ofSeconds(60);

    private static StartedStore store;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up(
                "checkout-" + ProcessHandle.current().pid(), "--fresh", "--stock", Integer.toString(STOCK));
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @Test
    void anOrderIsConfirmedAndCapturedOnceHoweverOftenItIsSent() throws Exception {
        var token = store.guest();
        var key = UUID.randomUUID().toString();
        var product = store.products().getFirst();
        var first = store.place(token, key, product.path("sku").asString(), product.path("price"), "tok_visa");
        assertThat(first.statusCode()).isEqualTo(201);
        for (var repeat = 0; repeat < 3; repeat++) {
            var again = store.place(token, key, product.path("sku").asString(), product.path("price"), "tok_visa");
            assertThat(again.statusCode()).isEqualTo(201);
            assertThat(again.body()).isEqualTo(first.body());
            assertThat(again.headers().firstValue("Idempotent-Replayed")).contains("true");
        }
        var id = StartedStore.json(first).path("id").asString();
        assertThat(store.statement().get(id)).containsExactly("CAPTURE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_slow", "tok_silent", "tok_unavailable"})
    void anAmbiguousPaymentEndsConfirmedWithOneCaptureWithoutAnyoneAskingAgain(String card) throws Exception {
        var token = store.guest();
        var product = store.products().get(1);
        var answer = store.place(
                token, UUID.randomUUID().toString(), product.path("sku").asString(), product.path("price"), card);
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(StartedStore.json(answer).path("reason").asString()).isEqualTo("AWAITING_PAYMENT");
        var id = StartedStore.json(answer).path("id").asString();
        await().atMost(FINAL_BOUND)
                .until(() -> store.order(token, id).path("status").asString().equals("CONFIRMED"));
        assertThat(store.statement().get(id)).containsExactly("CAPTURE");
    }

    @ParameterizedTest
    @CsvSource({"tok_declined, payment-declined", "tok_insufficient_funds, payment-declined"})
    void aDeclinedCardIsAnAnswerAndNothingMoves(String card, String problem) throws Exception {
        var token = store.guest();
        var product = store.products().get(2);
        var answer = store.place(
                token, UUID.randomUUID().toString(), product.path("sku").asString(), product.path("price"), card);
        assertThat(answer.statusCode()).isEqualTo(402);
        assertThat(StartedStore.json(answer).path("type").asString()).endsWith("/" + problem);
        assertThat(store.statement())
                .doesNotContainKey(StartedStore.json(answer).path("orderId").asString());
    }

    @Test
    void moreThanThereIsIsRefusedAtOnce() throws Exception {
        var token = store.guest();
        var headers = Map.of(
                "Authorization", "Bearer " + token, "Idempotency-Key", "too-many", "Content-Type", "application/json");
        store.query(
                "inventory-db",
                "update inventory.stock set initial = initial - available, available = 0"
                        + " where sku = 'sku-050' returning sku");
        var answer = store.send(
                "POST",
                "/api/orders",
                headers,
                "{\"lines\":[{\"sku\":\"sku-050\",\"quantity\":1}],\"payment\":{\"token\":\"tok_visa\"},"
                        + "\"expectedTotal\":{\"amount\":1,\"currency\":\"EUR\"}}");
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(StartedStore.json(answer).path("type").asString()).endsWith("/out-of-stock");
    }

    @Test
    void aThousandOrdersAddUp() throws Exception {
        var products = store.products().subList(10, 40);
        var orders = placeMany(
                1000,
                products.stream().map(product -> product.path("sku").asString()).toList(),
                false);
        assertThat(orders).hasSize(1000);
        awaitEveryOrderFinalAndSettled();
        assertThatEverythingAddsUp();
    }

    /** Orders keep coming while each part on their way is killed; the supervisor starts it again. */
    @Test
    void nothingIsLostOrChargedTwiceWhenPartsAreKilled() throws Exception {
        var products = store.products().subList(10, 40);
        try (var background = Executors.newVirtualThreadPerTaskExecutor()) {
            var orders = background.submit(() -> placeMany(
                    400,
                    products.stream()
                            .map(product -> product.path("sku").asString())
                            .toList(),
                    true));
            for (var part :
                    List.of("payment-service", "order-service", "acquirer-sandbox", "order-db", "inventory-service")) {
                var pid = store.part(part).path("pid").asLong();
                ProcessHandle.of(pid).orElseThrow().destroyForcibly();
                await().atMost(FINAL_BOUND).until(() -> {
                    var now = store.part(part);
                    return now.path("state").asString().equals("up")
                            && now.path("pid").asLong() != pid;
                });
            }
            assertThat(orders.get(2, TimeUnit.MINUTES)).hasSize(400);
        }
        awaitEveryOrderFinalAndSettled();
        assertThatEverythingAddsUp();
    }

    /**
     * Places orders, 16 at a time, and repeats each with its key until its row is known to exist.
     *
     * @return the acknowledged orders
     */
    private static List<String> placeMany(int count, List<String> skus, boolean underFaults) throws Exception {
        var prices = store.products();
        var tokens = new ArrayList<String>();
        for (var i = 0; i < 16; i++) {
            tokens.add(store.guest());
        }
        try (var clients = Executors.newFixedThreadPool(16)) {
            var placed = new ArrayList<Future<String>>();
            for (var i = 0; i < count; i++) {
                var token = tokens.get(i % tokens.size());
                var sku = skus.get(i % skus.size());
                var price = prices.stream()
                        .filter(product -> product.path("sku").asString().equals(sku))
                        .findFirst()
                        .orElseThrow()
                        .path("price");
                placed.add(clients.submit(() -> {
                    var key = UUID.randomUUID().toString();
                    for (var attempt = 0; attempt < 60; attempt++) {
                        var answer = placeOnce(token, key, sku, price, underFaults);
                        if (answer != null && (answer.statusCode() == 201 || answer.statusCode() == 202)) {
                            return StartedStore.json(answer).path("id").asString();
                        }
                        assertThat(underFaults || answer != null && answer.statusCode() == 504)
                                .as("%s", answer == null ? "no answer" : answer.statusCode() + " " + answer.body())
                                .isTrue();
                        TimeUnit.SECONDS.sleep(1); // what Retry-After asks for
                    }
                    throw new AssertionError("an order was not acknowledged within a minute");
                }));
            }
            var ids = new ArrayList<String>();
            for (var order : placed) {
                ids.add(order.get(3, TimeUnit.MINUTES));
            }
            return ids.stream().distinct().toList();
        }
    }

    private static @Nullable HttpResponse<String> placeOnce(
            String token, String key, String sku, JsonNode price, boolean underFaults) throws Exception {
        try {
            return store.place(token, key, sku, price, "tok_visa");
        } catch (IOException e) {
            if (underFaults) {
                return null;
            }
            throw e;
        }
    }

    private static void awaitEveryOrderFinalAndSettled() {
        await().atMost(Duration.ofMinutes(2))
                .ignoreExceptions()
                .until(() -> store.query(
                                "order-db",
                                "select (select count(*) from orders.orders where answer_status is null)"
                                        + " + (select count(*) from orders.settlement)")
                        .equals(List.of(List.of("0"))));
    }

    private static void assertThatEverythingAddsUp() throws Exception {
        var confirmed = store.query("order-db", "select id from orders.orders where status = 'CONFIRMED'").stream()
                .map(List::getFirst)
                .toList();
        var statement = store.statement();
        assertThat(statement.keySet()).as("captured, and nothing else").containsExactlyInAnyOrderElementsOf(confirmed);
        assertThat(statement.values()).as("once each").allMatch(List.of("CAPTURE")::equals);
        assertThat(
                        store
                                .query(
                                        "inventory-db",
                                        "select order_id from inventory.reservation where state = 'COMMITTED'")
                                .stream()
                                .map(List::getFirst))
                .as("every confirmed order's goods are sold, and no other's")
                .containsExactlyInAnyOrderElementsOf(confirmed);
        assertThat(store.query("inventory-db", "select count(*) from inventory.reservation where state = 'HELD'"))
                .isEqualTo(List.of(List.of("0")));
        assertThat(store.query("inventory-db", """
            select s.sku from inventory.stock s left join (
                select line ->> 'sku' as sku, sum((line ->> 'quantity')::int) as pieces
                from inventory.reservation, jsonb_array_elements(held) line
                where state = 'COMMITTED' group by 1
            ) sales using (sku)
            where initial <> available + held + sold or held <> 0 or sold <> coalesce(pieces, 0)
            """))
                .as("products whose stock does not add up")
                .isEmpty();
        assertThat(store.query("order-db", "select count(*) from orders.orders where status = 'NEEDS_ATTENTION'"))
                .isEqualTo(List.of(List.of("0")));
        assertThat(store.query("payment-db", "select coalesce(sum(amount), 0) from payments.ledger_entry"))
                .as("debits and credits")
                .isEqualTo(List.of(List.of("0")));
    }
}
