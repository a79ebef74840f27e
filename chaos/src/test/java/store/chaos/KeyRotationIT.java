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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The keys of order-service and of payment-service are changed under load, with two instances of each. */
class KeyRotationIT {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final int CUSTOMERS = 4;

    /** A rotation takes about a minute; there are 30 000 pieces. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private static final int CONFIRMED = 201;
    private static final int KEY_REUSED = 422;

    private static StartedStore store;

    private final CheckoutContract checkout = new CheckoutContract() {
        @Override
        protected StartedStore store() {
            return store;
        }

        @Override
        protected List<String> victims() {
            return List.of();
        }
    };

    private final Map<String, Checkout> confirmed = new ConcurrentHashMap<>();
    private final AtomicInteger repeats = new AtomicInteger();

    /** @param body the bytes of the first 201 */
    private record Checkout(String token, String key, JsonNode product, String body) {}

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 1000, "--instances", "2");
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @Test
    void everyCustomerIsRecognisedAndNoOrderIsSetAside() throws Exception {
        var rotated = new AtomicBoolean();
        try (var customers = Executors.newFixedThreadPool(CUSTOMERS)) {
            var shopping = new ArrayList<Future<?>>();
            for (var customer = 0; customer < CUSTOMERS; customer++) {
                shopping.add(customers.submit(() -> {
                    shop(rotated);
                    return null;
                }));
            }
            await().atMost(BOUND).until(() -> confirmed.size() >= 50);
            for (var service : List.of("order-service", "payment-service")) {
                assertThat(store.run("deploy/local/rotate-keys", service)).isZero();
            }
            var before = confirmed.size();
            await().atMost(BOUND).until(() -> confirmed.size() >= before + 20);
            rotated.set(true);
            for (var each : shopping) {
                each.get(2, TimeUnit.MINUTES);
            }
        }
        checkout.awaitEveryOrderFinalAndSettled();

        assertThat(repeats).as("repeats while keys were changed").hasValueGreaterThan(50);
        for (var order : confirmed.values()) {
            assertThat(store.place(order.token(), order.key(), order.product()))
                    .satisfies(repeat -> assertThat(repeat.statusCode()).isEqualTo(CONFIRMED))
                    .satisfies(repeat -> assertThat(repeat.body()).isEqualTo(order.body()));
        }
        assertThat(store.query("orders", "select count(*) from orders.order_audit where status = 'NEEDS_ATTENTION'"))
                .isEqualTo(List.of(List.of("0")));
        for (var table : Map.of("orders", "orders.orders", "payments", "payments.payment")
                .entrySet()) {
            assertThat(store.query(
                            table.getKey(),
                            "select key_id from " + table.getValue() + " where key_id is not null group by key_id"))
                    .as("keys that rows of %s are under", table.getValue())
                    .hasSize(2);
        }
        checkout.assertThatEverythingAddsUp();
        assertThat(store.run("chaos/audit"))
                .as("held, or not everything was shown: there is no journal, and there are no links")
                .isIn(0, 3);
    }

    /** Places orders, and between them repeats some that are confirmed already. */
    private void shop(AtomicBoolean over) throws Exception {
        var token = store.guest();
        var products = store.products().subList(10, 40);
        while (!over.get()) {
            place(token, products.get(ThreadLocalRandom.current().nextInt(products.size())));
            for (var known : confirmed.values().stream().limit(1000).toList()) {
                if (ThreadLocalRandom.current().nextInt(confirmed.size()) == 0) {
                    repeat(known);
                }
            }
            Thread.sleep(PAUSE);
        }
    }

    private void place(String token, JsonNode product) throws Exception {
        var key = UUID.randomUUID().toString();
        await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> {
                    var answer = send(token, key, product);
                    if (answer != null && answer.statusCode() == CONFIRMED) {
                        confirmed.put(key, new Checkout(token, key, product, answer.body()));
                    }
                    return answer != null && answer.statusCode() == CONFIRMED;
                });
    }

    private void repeat(Checkout known) throws Exception {
        var answer = send(known.token(), known.key(), known.product());
        if (answer != null && answer.statusCode() == CONFIRMED) {
            assertThat(answer.body()).isEqualTo(known.body());
            repeats.incrementAndGet();
        }
    }

    /** Null if there was no answer: an instance is being restarted. */
    private static @Nullable HttpResponse<String> send(String token, String key, JsonNode product) throws Exception {
        try {
            var answer = store.place(token, key, product);
            assertThat(answer.statusCode()).as(answer.body()).isNotEqualTo(KEY_REUSED);
            return answer;
        } catch (IOException e) {
            return null;
        }
    }
}
