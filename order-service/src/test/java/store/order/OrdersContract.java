package store.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import store.order.Dossiers.Entry;
import store.order.Dossiers.Summary;
import store.order.Lease.Actor;
import store.order.Settlements.Open;

/** The contract of every adapter of {@link Orders} and {@link Settlements}. No recovery runs during these tests. */
public interface OrdersContract {

    Duration LEASE = Duration.ofMinutes(1);
    Duration FRESH = Duration.ofMinutes(1);
    StoredAnswer ANSWER = new StoredAnswer(201, "{}".getBytes(StandardCharsets.UTF_8));

    Orders orders();

    Settlements settlements();

    Dossiers dossiers();

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
        assertThat(orders().park(leased, later(held), Duration.ZERO)).isTrue();
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
    default void aLeaseThatIsHandedBackIsDueAtOnceUnlessItWasLost() {
        var lost = insert();
        orders().park(lost, lost.order(), Duration.ZERO);
        var later = claim(lost.order().id());
        var held = insert();
        orders().handBack(List.of(lost, held));
        assertThat(orders().claimDue(1000, LEASE))
                .extracting(leased -> leased.order().id())
                .contains(held.order().id())
                .doesNotContain(later.order().id());
        assertThat(orders().park(held, held.order(), Duration.ZERO))
                .as("its holder is fenced off")
                .isFalse();
    }

    @Test
    default void aSettlementThatIsHandedBackIsDueAtOnceUnlessSomebodyElseHasIt() {
        var leased = insert();
        orders().conclude(leased, confirmed(leased), Settlement.COMMIT);
        var taken = settlementOf(leased.order().id());
        settlements().handBack(taken);
        var again = settlementOf(leased.order().id());
        assertThat(again).hasSize(1);
        settlements().handBack(taken);
        assertThat(settlementOf(leased.order().id()))
                .as("another worker has it")
                .isEmpty();
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
        assertThat(found.answer()).isEqualTo(ANSWER);
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
    default void onlyTheFirstTryForARequestsOwnOrderIsFresh() {
        var byRequest = insert();
        orders().conclude(byRequest, confirmed(byRequest), Settlement.COMMIT);
        var parked = insert();
        orders().park(parked, parked.order(), Duration.ZERO);
        var byRecovery = claim(parked.order().id());
        orders().conclude(byRecovery, confirmed(byRecovery), Settlement.COMMIT);

        assertThat(claimFresh(Duration.ZERO)).as("held up").isEmpty();
        assertThat(claimFresh(FRESH)).containsExactly(byRequest.order().id());
        settlements().postpone(byRequest.order().id(), Duration.ZERO);
        assertThat(claimFresh(FRESH)).as("tried before").isEmpty();
        assertThat(settlements().claimLate(1000, FRESH, LEASE))
                .extracting(Open::order)
                .contains(byRequest.order().id(), byRecovery.order().id());
    }

    private List<OrderId> claimFresh(Duration fresh) {
        return settlements().claimFresh(1000, fresh, LEASE).stream()
                .map(Open::order)
                .toList();
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
        var cancelled = later(cancelling.order().cancelled()).answeredWith(ANSWER);
        assertThat(orders().conclude(cancelling, cancelled, null)).isTrue();
    }

    @Test
    default void anOrderThatIsSetAsideWaitsForItsOperatorAndGoesBackToWhereItWas() {
        var leased = insert();
        var id = leased.order().id();
        assertThat(dossiers().retry(id, null)).as("needs no operator").isEmpty();
        assertThat(dossiers().take(id, "why", LEASE)).isEmpty();
        assertThat(dossiers().giveUp(id, "why", LEASE)).isEmpty();
        setAside(leased);

        assertThat(orders().claimDue(1000, LEASE))
                .extracting(claimed -> claimed.order().id())
                .doesNotContain(id);
        assertThat(dossiers().open(Duration.ofDays(1), 1000)).anySatisfy(summary -> {
            assertThat(summary.id()).isEqualTo(id.value());
            assertThat(summary.status()).isEqualTo(Status.NEEDS_ATTENTION);
            assertThat(summary.note()).isEqualTo("another amount");
        });
        assertThat(dossiers().retry(id, "put right")).contains(Status.PENDING);
        assertThat(dossiers().retry(id, "again")).isEmpty();
        var again = claim(id);
        assertThat(again.order().status()).isEqualTo(Status.PENDING);
        assertThat(again.card()).isEqualTo(leased.card());
        assertThat(again.lease().token()).isGreaterThan(leased.lease().token());
        var history = dossiers().find(id).orElseThrow().history();
        assertThat(history)
                .extracting(Entry::event, Entry::status, Entry::actor, Entry::note)
                .containsExactly(
                        tuple("CHANGED", Status.PENDING, Actor.REQUEST, null),
                        tuple("CHANGED", Status.NEEDS_ATTENTION, Actor.REQUEST, "another amount"),
                        tuple("CHANGED", Status.PENDING, Actor.OPERATOR, "put right"));
    }

    @Test
    default void anOrderWithoutAnEndIsShownWhenItIsOverdue() {
        var id = insert().order().id().value();
        assertThat(dossiers().open(Duration.ofSeconds(-1), 1000))
                .extracting(Summary::id)
                .contains(id);
        assertThat(dossiers().open(Duration.ofDays(1), 1000))
                .extracting(Summary::id)
                .doesNotContain(id);
    }

    @Test
    default void anOrderThatWasGivenUpComesBackAsCancellingOnly() {
        var leased = insert();
        var id = leased.order().id();
        var cancelling = leased.order().cancelling(Reason.PATIENCE);
        assertThat(orders().advance(leased, cancelling)).isTrue();
        setAside(leased.with(cancelling));

        assertThat(dossiers().take(id, "it was charged", LEASE)).isEmpty();
        assertThat(dossiers().retry(id, null)).contains(Status.CANCELLING);
        var again = claim(id);
        assertThat(again.order().reason()).isEqualTo(Reason.PATIENCE);
        assertThat(again.card()).isNull();
    }

    @Test
    default void aCancelOfAnOrderThatNeedsAttentionIsForGoodAndFencesOffItsOperator() {
        var leased = insert();
        var order = leased.order();
        setAside(leased);
        var taken = dossiers().take(order.id(), "it was charged", LEASE).orElseThrow();

        var wished = orders().cancel(order.customer(), order.id(), LEASE).orElseThrow();

        assertThat(wished.order().status()).isEqualTo(Status.NEEDS_ATTENTION);
        assertThat(wished.card()).isNull();
        var confirmed = confirmed(taken.order().pendingAgain());
        assertThat(orders().conclude(taken, confirmed, Settlement.COMMIT)).isFalse();
        assertThat(orders().cancel(order.customer(), order.id(), LEASE))
                .as("again")
                .isEmpty();
        assertThat(dossiers().retry(order.id(), null)).contains(Status.CANCELLING);
        assertThat(claim(order.id()).order().reason()).isEqualTo(Reason.CUSTOMER);
    }

    @Test
    default void anOperatorConfirmsUnderALeaseOrHandsItBackWithTheReason() {
        var leased = insert();
        var id = leased.order().id();
        setAside(leased);
        var refused = dossiers().take(id, "it was charged", LEASE).orElseThrow();
        dossiers().refuse(refused, "it was not");
        assertThat(dossiers().find(id).orElseThrow().history())
                .extracting(Entry::event, Entry::note)
                .endsWith(tuple("RESOLVING", "it was charged"), tuple("RESOLVE_REFUSED", "it was not"));

        var taken = dossiers().take(id, "now it is", LEASE).orElseThrow();
        assertThat(taken.lease().actor()).isEqualTo(Actor.OPERATOR);
        assertThat(taken.card()).isEqualTo(leased.card());
        var confirmed = confirmed(taken.order().pendingAgain());
        assertThat(orders().conclude(taken, confirmed, Settlement.COMMIT)).isTrue();
        assertThat(dossiers().find(id).orElseThrow().openSettlement()).isEqualTo(Settlement.COMMIT);
    }

    private void setAside(LeasedOrder leased) {
        var next = later(leased.order().setAside());
        assertThat(orders().setAside(leased, next, "another amount")).isTrue();
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
        return Stream.concat(
                        settlements().claimFresh(1000, FRESH, LEASE).stream(),
                        settlements().claimLate(1000, FRESH, LEASE).stream())
                .filter(open -> open.order().equals(id))
                .toList();
    }

    private static Order confirmed(LeasedOrder leased) {
        return confirmed(leased.order());
    }

    private static Order confirmed(Order order) {
        return later(order.heldAt(priced(order)).confirmed()).answeredWith(ANSWER);
    }

    private static Order later(Order order) {
        return order.at(order.updatedAt().plusMillis(1));
    }

    private static List<OrderLine> priced(Order order) {
        return order.lines().stream()
                .map(line -> new OrderLine(line.sku(), line.quantity(), "Cup", new Money(1000, "EUR")))
                .toList();
    }

    static NewOrder newOrder(CustomerId customer, String key) {
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
