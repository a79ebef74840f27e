package store.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Many checkouts at a time, and faults in the middle of them; what counts is what the databases and the card network's record say
 * afterwards. Needs 50 pieces of the products from the tenth to the fortieth.
 */
public abstract class CheckoutContract {

    private static final Duration FINAL_BOUND = Duration.ofSeconds(60);
    private static final int ORDERS_UNDER_FAULTS = 510; // as many for each of three victims as for each of five

    /** Started, and nobody else's for the time being. */
    protected abstract StartedStore store();

    /** What is killed, one after the other, while orders come in. */
    protected abstract List<String> victims();

    @Test
    void aThousandOrdersAddUp() throws Exception {
        assertThat(placeMany(1000, false, new AtomicInteger())).hasSize(1000);
        awaitEveryOrderFinalAndSettled();
        assertThatEverythingAddsUp();
    }

    /** The supervisor starts it again; the clients repeat what was not acknowledged. */
    @Test
    void nothingIsLostOrChargedTwiceWhenPartsAreKilled() throws Exception {
        var perVictim = ORDERS_UNDER_FAULTS / victims().size();
        var acknowledged = new HashSet<String>();
        for (var victim : victims()) {
            try (var background = Executors.newVirtualThreadPerTaskExecutor()) {
                var progress = new AtomicInteger();
                var orders = background.submit(() -> placeMany(perVictim, true, progress));
                await().atMost(FINAL_BOUND).until(() -> progress.get() >= perVictim / 3);
                killAndAwaitReturn(victim);
                acknowledged.addAll(orders.get(2, TimeUnit.MINUTES));
            }
        }
        assertThat(acknowledged).hasSize(perVictim * victims().size());
        awaitEveryOrderFinalAndSettled();
        assertThat(store().query("orders", "select id from orders.orders where status = 'CONFIRMED'").stream()
                        .map(List::getFirst))
                .as("what was acknowledged, and could be paid for")
                .containsAll(acknowledged);
        assertThatEverythingAddsUp();
    }

    void killAndAwaitReturn(String victim) throws IOException, InterruptedException {
        var pid = store().part(victim).path("pid").asLong();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        await().atMost(FINAL_BOUND).until(() -> {
            var now = store().part(victim);
            return now.path("state").asString().equals("up") && now.path("pid").asLong() != pid;
        });
    }

    /**
     * Places orders, 16 at a time, and repeats each with its key until its row is known to exist.
     *
     * @param progress how many have been acknowledged
     * @return the acknowledged orders
     */
    Set<String> placeMany(int count, boolean underFaults, AtomicInteger progress) throws Exception {
        var products = store().products().subList(10, 40);
        var tokens = new ArrayList<String>();
        for (var i = 0; i < 16; i++) {
            tokens.add(store().guest());
        }
        try (var clients = Executors.newFixedThreadPool(16)) {
            var placed = new ArrayList<Future<String>>();
            for (var i = 0; i < count; i++) {
                var token = tokens.get(i % tokens.size());
                var product = products.get(i % products.size());
                placed.add(clients.submit(() -> {
                    var order = placeUntilAcknowledged(token, product, underFaults);
                    progress.incrementAndGet();
                    return order;
                }));
            }
            var ids = new HashSet<String>();
            for (var order : placed) {
                ids.add(order.get(3, TimeUnit.MINUTES));
            }
            return ids;
        }
    }

    private String placeUntilAcknowledged(String token, JsonNode product, boolean underFaults) throws Exception {
        var key = UUID.randomUUID().toString();
        for (var attempt = 0; attempt < 60; attempt++) {
            var answer = placeOnce(token, key, product, underFaults);
            if (answer != null && (answer.statusCode() == 201 || answer.statusCode() == 202)) {
                return StartedStore.json(answer).path("id").asString();
            }
            assertThat(underFaults || answer != null && answer.statusCode() == 504)
                    .as("%s", answer == null ? "no answer" : answer.statusCode() + " " + answer.body())
                    .isTrue();
            TimeUnit.SECONDS.sleep(1); // what Retry-After asks for
        }
        throw new AssertionError("an order was not acknowledged within a minute");
    }

    private @Nullable HttpResponse<String> placeOnce(String token, String key, JsonNode product, boolean underFaults)
            throws Exception {
        try {
            return store().place(token, key, product);
        } catch (IOException e) {
            if (underFaults) {
                return null;
            }
            throw e;
        }
    }

    void awaitEveryOrderFinalAndSettled() {
        await().atMost(Duration.ofMinutes(2))
                .ignoreExceptions()
                .until(() -> store().query(
                                "orders",
                                "select (select count(*) from orders.orders where answer_status is null)"
                                        + " + (select count(*) from orders.settlement)")
                        .equals(List.of(List.of("0"))));
    }

    void assertThatEverythingAddsUp() throws Exception {
        var confirmed = store().query("orders", "select id from orders.orders where status = 'CONFIRMED'").stream()
                .map(List::getFirst)
                .toList();
        var statement = store().statement();
        assertThat(statement.entrySet())
                .as("captured, and kept")
                .filteredOn(order -> !order.getValue().equals(List.of("CAPTURE", "VOID")))
                .allMatch(order -> order.getValue().equals(List.of("CAPTURE")))
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrderElementsOf(confirmed);
        assertThat(
                        store()
                                .query(
                                        "inventory",
                                        "select order_id from inventory.reservation where state = 'COMMITTED'")
                                .stream()
                                .map(List::getFirst))
                .as("every confirmed order's goods are sold, and no other's")
                .containsExactlyInAnyOrderElementsOf(confirmed);
        assertThat(store().query("inventory", "select count(*) from inventory.reservation where state = 'HELD'"))
                .isEqualTo(List.of(List.of("0")));
        assertThat(store().query("inventory", """
            select s.sku from inventory.stock s left join (
                select line ->> 'sku' as sku, sum((line ->> 'quantity')::int) as pieces
                from inventory.reservation, jsonb_array_elements(held) line
                where state = 'COMMITTED' group by 1
            ) sales using (sku)
            where initial <> available + held + sold or held <> 0 or sold <> coalesce(pieces, 0)
            """))
                .as("products whose stock does not add up")
                .isEmpty();
        assertThat(store().query("orders", "select count(*) from orders.orders where status = 'NEEDS_ATTENTION'"))
                .isEqualTo(List.of(List.of("0")));
        assertThat(store().query("payments", "select coalesce(sum(amount), 0) from payments.ledger_entry"))
                .as("debits and credits")
                .isEqualTo(List.of(List.of("0")));
    }
}
