package store.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two instances of order-service and two of payment-service, over the same databases. */
class InstancesIT {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final int ORDERS = 200;

    private static StartedStore store;

    private final CheckoutContract checkout = new CheckoutContract() {
        @Override
        protected StartedStore store() {
            return store;
        }

        @Override
        protected List<String> victims() {
            return List.of("order-service-1");
        }
    };

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 1000, "--instances", "2");
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    /** Payment stands still for a while, so that many orders are open when one of those that recover them is killed. */
    @Test
    void sharesRecoveryWithoutSteppingOnEachOther() throws Exception {
        var before = orders("true");
        assertThat(store.run("chaos/fault", "inject", "pause", "payment-service", "--for", "8s"))
                .isZero();
        try (var background = Executors.newVirtualThreadPerTaskExecutor()) {
            var placing = background.submit(() -> checkout.placeMany(ORDERS, true, new AtomicInteger()));
            await().atMost(BOUND).until(() -> orders("reason = 'AWAITING_PAYMENT'") >= 30);
            checkout.killAndAwaitReturn("order-service-1");
            assertThat(placing.get(1, TimeUnit.MINUTES)).hasSize(ORDERS);
        }
        checkout.awaitEveryOrderFinalAndSettled();

        assertThat(orders("true") - before).as("one order for each key").isEqualTo(ORDERS);
        checkout.assertThatEverythingAddsUp();
        assertThat(audit("event = 'CHANGED' and status = 'CONFIRMED' and actor = 'RECOVERY'"))
                .as("orders that recovery has finished")
                .hasSizeGreaterThan(10)
                .doesNotHaveDuplicates();
        assertThat(audit("event = 'FENCED_OFF'")).isEmpty();
    }

    private int orders(String which) throws Exception {
        return Integer.parseInt(store.query("orders", "select count(*) from orders.orders where " + which)
                .getFirst()
                .getFirst());
    }

    private List<String> audit(String which) throws Exception {
        return store.query("orders", "select order_id from orders.order_audit where " + which).stream()
                .map(List::getFirst)
                .toList();
    }
}
