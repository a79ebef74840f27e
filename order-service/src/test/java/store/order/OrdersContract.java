package store.order;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.uuid.Generators;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import store.order.Lease.Actor;
import store.order.Settlements.Open;

/** What every adapter of {@link Orders} and {@link Settlements} does. No recovery runs beside it. */
public interface OrdersContract {

    Duration LEASE = Duration.ofMinutes(1);
    StoredAnswer ANSWER = new StoredAnswer(201, "{}".getBytes(StandardCharsets.UTF_8));

    Orders orders();

    Settlements settlements();

    @Test
    default void recordsAnOrderOncePerCustomerAndKey() {
        var first = newOrder(new CustomerId(UUID.randomUUID()), "key");
        var leased = orders().insert(first, LEASE).orElseThrow();
        assertThat(leased.order().status()).isEqualTo(Status.PENDING);
        assertThat(leased.order().reason()).isEqualTo(Reason.AWAITING_STOCK);
        assertThat(leased.card()).isEqualTo(first.card());
        assertThat(leased.lease().actor()).isEqualTo(Actor.REQUEST);
        assertThat(orders().insert(newOrder(first.customer(), "key"), LEASE)).isEmpty();
        assertThat(orders().insert(newOrder(first.customer(), "other-key"), LEASE))
                .isPresent();
        assertThat(orders().insert(newOrder(new CustomerId(UUID.randomUUID()), "key"), LEASE))
                .isPresent();
        var known = orders().findByKey(first.customer(), first.key()).orElseThrow();
        assertThat(known.order()).isEqualTo(leased.order());
        assertThat(known.fingerprint()).isEqualTo(first.fingerprint());
        assertThat(known.leasedToRequest()).isTrue();
    }

    @Test
    default void parksAnOrderAndLeasesItAgainUnderAHigherToken() {
        var leased = insert();
        var held = leased.order().heldAt(priced(leased.order()));
        assertThat(orders().park(leased, held.at(leased.lease().now()), Duration.ZERO))
                .isTrue();
        var claimed = claim(leased.order().id());
        assertThat(claimed.order().reason()).isEqualTo(Reason.AWAITING_PAYMENT);
        assertThat(claimed.order().total()).isEqualTo(held.total());
        assertThat(claimed.lease().token()).isGreaterThan(leased.lease().token());
        assertThat(claimed.lease().actor()).isEqualTo(Actor.RECOVERY);
        assertThat(claimed.attempts()).isEqualTo(1);
    }

    @Test
    default void keepsALeasedOrderFromRecovery() {
        var leased = insert();
        assertThat(orders().claimDue(1000, LEASE))
                .extracting(LeasedOrder::order)
                .doesNotContain(leased.order());
    }

    @Test
    default void writesNothingUnderAnOldLease() {
        var stale = insert();
        orders().park(stale, stale.order(), Duration.ZERO);
        var claimed = claim(stale.order().id());
        var confirmed = confirmed(stale);
        assertThat(orders().conclude(stale, confirmed, Settlement.COMMIT)).isFalse();
        assertThat(orders().park(stale, stale.order(), Duration.ZERO)).isFalse();
        assertThat(orders().advance(stale, stale.order().cancelling(Reason.PATIENCE)))
                .isFalse();
        assertThat(orders().find(stale.order().id())).contains(claimed.order());
        assertThat(settlementOf(stale.order().id())).isEmpty();
    }

    @Test
    default void concludesOnceWithItsAnswerAndItsSettlement() {
        var leased = insert();
        var confirmed = confirmed(leased);
        assertThat(orders().conclude(leased, confirmed, Settlement.COMMIT)).isTrue();
        assertThat(orders().conclude(leased, confirmed, Settlement.COMMIT))
                .as("a second time")
                .isFalse();
        var found = orders().find(leased.order().id()).orElseThrow();
        assertThat(found.status()).isEqualTo(Status.CONFIRMED);
        assertThat(found.updatedAt()).isEqualTo(confirmed.updatedAt());
        assertThat(found.answer()).usingRecursiveComparison().isEqualTo(ANSWER);
        var open = settlementOf(found.id());
        assertThat(open).containsExactly(new Open(found.id(), Settlement.COMMIT, 0));
        assertThat(settlementOf(found.id())).as("taken, so not due").isEmpty();
        settlements().postpone(found.id(), Duration.ZERO);
        assertThat(settlementOf(found.id())).containsExactly(new Open(found.id(), Settlement.COMMIT, 1));
        settlements().done(List.of(found.id()));
        settlements().postpone(found.id(), Duration.ZERO);
        assertThat(settlementOf(found.id())).isEmpty();
    }

    @Test
    default void aCancelNeedsNoLeaseAndFencesOffWhoeverHasIt() {
        var leased = insert();
        var order = leased.order();
        assertThat(orders().cancel(new CustomerId(UUID.randomUUID()), order.id(), LEASE))
                .as("a stranger")
                .isEmpty();
        var cancelling = orders().cancel(order.customer(), order.id(), LEASE).orElseThrow();
        assertThat(cancelling.order().status()).isEqualTo(Status.CANCELLING);
        assertThat(cancelling.card()).isNull();
        assertThat(orders().conclude(leased, confirmed(leased), Settlement.COMMIT))
                .isFalse();
        assertThat(orders().cancel(order.customer(), order.id(), LEASE))
                .as("again")
                .isEmpty();
        var cancelled =
                cancelling.order().cancelled().at(cancelling.lease().now()).answeredWith(ANSWER);
        assertThat(orders().conclude(cancelling, cancelled, null)).isTrue();
    }

    @Test
    default void twoWorkersNeverLeaseTheSameOrder() throws Exception {
        for (var i = 0; i < 40; i++) {
            var leased = insert();
            orders().park(leased, leased.order(), Duration.ZERO);
        }
        var barrier = new CyclicBarrier(8);
        var claimed = new ArrayList<OrderId>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var workers = new ArrayList<Future<List<LeasedOrder>>>();
            for (var i = 0; i < 8; i++) {
                workers.add(executor.submit(() -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    return orders().claimDue(10, LEASE);
                }));
            }
            for (var worker : workers) {
                worker.get(10, TimeUnit.SECONDS)
                        .forEach(leased -> claimed.add(leased.order().id()));
            }
        }
        assertThat(claimed).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(40);
    }

    private LeasedOrder insert() {
        return orders().insert(newOrder(new CustomerId(UUID.randomUUID()), "key"), LEASE)
                .orElseThrow();
    }

    private LeasedOrder claim(OrderId id) {
        return orders().claimDue(1000, LEASE).stream()
                .filter(leased -> leased.order().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private List<Open> settlementOf(OrderId id) {
        return settlements().claimDue(1000, LEASE).stream()
                .filter(open -> open.order().equals(id))
                .toList();
    }

    private static Order confirmed(LeasedOrder leased) {
        return leased.order()
                .heldAt(priced(leased.order()))
                .confirmed()
                .at(leased.lease().now())
                .answeredWith(ANSWER);
    }

    private static List<OrderLine> priced(Order order) {
        return order.lines().stream()
                .map(line -> new OrderLine(line.sku(), line.quantity(), "Cup", new Money(1000, "EUR")))
                .toList();
    }

    private static NewOrder newOrder(CustomerId customer, String key) {
        return new NewOrder(
                new OrderId(Generators.timeBasedEpochGenerator().generate()),
                customer,
                new IdempotencyKey(key),
                new byte[] {1, 2, 3},
                List.of(OrderLine.of("cup", 2)),
                new CardToken("tok_visa"),
                new Money(2000, "EUR"));
    }
}
