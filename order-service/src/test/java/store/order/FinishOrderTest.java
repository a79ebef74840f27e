package store.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import store.order.InMemoryInventory.Product;
import store.order.InMemoryOrders.Failure;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.SettlementOutcome;
import store.order.Lease.Actor;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;
import store.resilience.DatabaseTime;

/**
 * The checkout as a table: the peers' answers, the run's actor, the order's end and the requests sent. After each row
 * recovery continues with healthy peers; then the order's end always fits its money and its stock.
 *
 * <p>The words: <i>lost</i>, the request never arrived; <i>unanswered</i>, the peer took the step and its answer was
 * lost; <i>odd</i>, an answer that contradicts the record. A dash: the peer is not asked.
 */
class FinishOrderTest {

    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Money PRICE = new Money(1000, "EUR");
    private static final StoredAnswer ANSWER = new StoredAnswer(201, new byte[0]);

    private final InMemoryOrders orders = new InMemoryOrders();
    private final List<String> sent = new ArrayList<>();
    private @Nullable Product product = new Product("Cup", PRICE, 10);
    private final InMemoryInventory inventory =
            new InMemoryInventory(_ -> product, () -> {}, request -> sent.add(request.step()));
    private final InMemoryPayments payments = new InMemoryPayments(() -> {}, request -> sent.add(request.step()));
    private final HeldLeases leases = new HeldLeases(orders);
    private final FinishOrder finishOrder =
            new FinishOrder(orders, inventory, payments, _ -> ANSWER, leases, PATIENCE, orders.time(), new Random(1));

    @ParameterizedTest(name = "{0}, stock {1}, charge {2}")
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        REQUEST  | held         | captured     || CONFIRMED       | -                  | COMMIT  | reserve charge
        REQUEST  | held         | declined     || DECLINED        | CARD_DECLINED      | RELEASE | reserve charge
        REQUEST  | held         | lost         || PENDING         | AWAITING_PAYMENT   | -       | reserve charge
        REQUEST  | held         | unanswered   || PENDING         | AWAITING_PAYMENT   | -       | reserve charge
        REQUEST  | held         | pending      || PENDING         | AWAITING_PAYMENT   | -       | reserve charge
        REQUEST  | held         | voided       || CANCELLED       | PATIENCE           | -       | reserve charge release void
        REQUEST  | held         | odd          || NEEDS_ATTENTION | CONTRADICTION      | -       | reserve charge
        REQUEST  | sold-out     | -            || REJECTED        | OUT_OF_STOCK       | RELEASE | reserve
        REQUEST  | no-product   | -            || REJECTED        | UNKNOWN_PRODUCT    | RELEASE | reserve
        REQUEST  | dearer       | -            || REJECTED        | PRICE_CHANGED      | RELEASE | reserve
        REQUEST  | other-lines  | -            || NEEDS_ATTENTION | CONTRADICTION      | -       | reserve
        REQUEST  | released     | -            || CANCELLED       | PATIENCE           | -       | reserve release void
        REQUEST  | lost         | -            || PENDING         | AWAITING_STOCK     | -       | reserve
        REQUEST  | unanswered   | -            || PENDING         | AWAITING_STOCK     | -       | reserve
        REQUEST  | odd          | -            || NEEDS_ATTENTION | CONTRADICTION      | -       | reserve
        RECOVERY | held         | captured     || CONFIRMED       | -                  | COMMIT  | reserve charge
        RECOVERY | held         | declined     || DECLINED        | CARD_DECLINED      | RELEASE | reserve charge
        RECOVERY | held         | lost         || PENDING         | AWAITING_PAYMENT   | -       | reserve charge
        RECOVERY | held         | unanswered   || PENDING         | AWAITING_PAYMENT   | -       | reserve charge
        RECOVERY | held         | voided       || CANCELLED       | PATIENCE           | -       | reserve charge release void
        RECOVERY | held         | odd          || NEEDS_ATTENTION | CONTRADICTION      | -       | reserve charge
        RECOVERY | sold-out     | -            || REJECTED        | OUT_OF_STOCK       | RELEASE | reserve void
        RECOVERY | no-product   | -            || REJECTED        | UNKNOWN_PRODUCT    | RELEASE | reserve void
        RECOVERY | dearer       | -            || REJECTED        | PRICE_CHANGED      | RELEASE | reserve void
        RECOVERY | released     | -            || CANCELLED       | PATIENCE           | -       | reserve release void
        RECOVERY | lost         | -            || PENDING         | AWAITING_STOCK     | -       | reserve
        """)
    void checksOut(
            Actor runner,
            String stock,
            @Nullable String charge,
            @Nullable String empty,
            Status status,
            @Nullable Reason reason,
            @Nullable Settlement settlement,
            String requests) {
        var leased = placedBy(runner);
        var id = leased.order().id();
        breakReserve(id, stock);
        breakCharge(id, charge);

        assertEndsAs(finishOrder.finish(leased), status, reason, settlement, requests);
    }

    @ParameterizedTest(name = "first run {0}, then stock {1}, void {2}")
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        charged | sold-out   | voided     || REJECTED        | OUT_OF_STOCK     | RELEASE | reserve void
        charged | no-product | voided     || REJECTED        | UNKNOWN_PRODUCT  | RELEASE | reserve void
        charged | dearer     | voided     || REJECTED        | PRICE_CHANGED    | RELEASE | reserve void
        charged | sold-out   | lost       || PENDING         | AWAITING_STOCK   | -       | reserve void
        charged | dearer     | unanswered || PENDING         | AWAITING_STOCK   | -       | reserve void
        charged | sold-out   | odd        || NEEDS_ATTENTION | CONTRADICTION    | -       | reserve void
        charged | held       | -          || CONFIRMED       | -                | COMMIT  | reserve charge
        parked  | sold-out   | -          || NEEDS_ATTENTION | CONTRADICTION    | -       | reserve
        parked  | dearer     | -          || NEEDS_ATTENTION | CONTRADICTION    | -       | reserve
        parked  | held       | -          || CONFIRMED       | -                | COMMIT  | reserve charge
        """)
    void doesNotTrustThatAnEarlierRunDidNotCharge(
            String firstRun,
            String stock,
            @Nullable String voiding,
            @Nullable String empty,
            Status status,
            @Nullable Reason reason,
            @Nullable Settlement settlement,
            String requests) {
        var first = placedBy(Actor.REQUEST);
        var id = first.order().id();
        if (firstRun.equals("parked")) { // with the price on record
            payments.charging.loseNextAnswer();
            finishOrder.finish(first);
        } else { // killed before it could record anything
            inventory.reserve(id, first.order().lines());
            payments.charge(id, PRICE, Objects.requireNonNull(first.card()));
        }
        if (!stock.equals("held")) {
            inventory.forget(id);
        }
        breakReserve(id, stock);
        breakVoid(voiding);
        sent.clear();

        assertEndsAs(finishOrder.finish(claimed()), status, reason, settlement, requests);
    }

    @ParameterizedTest(name = "release {0}, void {1}")
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        released   | voided     || CANCELLED       | CUSTOMER      | release void
        released   | lost       || CANCELLING      | CUSTOMER      | release void
        released   | unanswered || CANCELLING      | CUSTOMER      | release void
        released   | odd        || NEEDS_ATTENTION | CONTRADICTION | release void
        lost       | voided     || CANCELLING      | CUSTOMER      | release void
        lost       | lost       || CANCELLING      | CUSTOMER      | release void
        unanswered | voided     || CANCELLING      | CUSTOMER      | release void
        unanswered | odd        || NEEDS_ATTENTION | CONTRADICTION | release void
        odd        | -          || NEEDS_ATTENTION | CONTRADICTION | release
        """)
    void compensatesAnOrderThatWasCharged(
            String releasing,
            @Nullable String voiding,
            @Nullable String empty,
            Status status,
            Reason reason,
            String requests) {
        var first = placedBy(Actor.REQUEST);
        payments.charging.loseNextAnswer();
        finishOrder.finish(first);
        var cancelling = orders.cancel(first.order().customer(), first.order().id(), LEASE)
                .orElseThrow();
        breakRelease(releasing);
        breakVoid(voiding);
        sent.clear();

        assertEndsAs(finishOrder.finish(cancelling), status, reason, null, requests);
    }

    @Test
    void givesUpAnOrderThatIsOlderThanThePatience() {
        placedBy(Actor.REQUEST);
        orders.advanceClock(PATIENCE.plusMillis(1));
        assertEndsAs(finishOrder.finish(claimed()), Status.CANCELLED, Reason.PATIENCE, null, "release void");
    }

    @Test
    void neverConfirmsWhatPaymentDidNotCaptureNorWithoutACard() {
        var leased = placedBy(Actor.REQUEST);
        var withoutCard = new LeasedOrder(leased.order(), null, leased.lease(), 0);
        assertEndsAs(finishOrder.finish(withoutCard), Status.NEEDS_ATTENTION, Reason.CONTRADICTION, null, "reserve");
    }

    @ParameterizedTest
    @CsvSource({"0, 250, 500", "1, 500, 1000", "3, 2000, 4000", "6, 10000, 20000", "60, 10000, 20000"})
    void asksAgainLaterAndLater(int attempts, long fromMillis, long toMillis) {
        var leased = placedBy(Actor.REQUEST);
        inventory.reserving.loseNextRequest();
        finishOrder.finish(new LeasedOrder(leased.order(), leased.card(), leased.lease(), attempts));
        assertThat(orders.dueIn(leased.order().id()))
                .isBetween(Duration.ofMillis(fromMillis), Duration.ofMillis(toMillis));
    }

    /** The peers have taken their steps, but the order's end was not recorded, or it is not known whether it was. */
    @ParameterizedTest
    @EnumSource(Failure.class)
    void anEndThatIsNotRecordedIsFoundAgain(Failure failure) {
        var leased = placedBy(Actor.REQUEST);
        orders.failNextChange(failure);
        assertThat(finishOrder.finish(leased).status()).isEqualTo(Status.PENDING);
        recoveryCarriesOn(leased.order().id());
        assertThat(orders.find(leased.order().id()).orElseThrow().status()).isEqualTo(Status.CONFIRMED);
    }

    @Test
    void setsAsideAnOrderOfWhichTheDatabaseRefusesAWriteTwice() {
        var id = placedBy(Actor.REQUEST).order().id();
        orders.advanceClock(LEASE);
        orders.failNextChange(Failure.REFUSED);
        finishOrder.finish(claimed());
        assertThat(orders.find(id).orElseThrow().status()).isEqualTo(Status.PENDING);
        assertThat(orders.dueIn(id)).as("another instance may try at once").isZero();
        orders.failNextChange(Failure.REFUSED);
        assertThat(finishOrder.finish(claimed()).status()).isEqualTo(Status.NEEDS_ATTENTION);
    }

    @Test
    void aRunThatHasLostItsLeaseChangesNothingAndReturnsWhatTheOrderHasBecome() {
        var stale = placedBy(Actor.REQUEST);
        orders.advanceClock(LEASE);
        var confirmed = finishOrder.finish(claimed());
        assertThat(finishOrder.finish(stale)).isEqualTo(confirmed);
        assertThat(orders.dossiers.find(stale.order().id()).orElseThrow().history())
                .last()
                .matches(entry -> entry.event().equals("FENCED_OFF"));
    }

    /** Nothing can be recorded, and the caller must not be told that nothing was done. */
    @Test
    void aRunThatIsNotToldTheTimeLeavesTheOrderToRecovery() {
        var leased = placedBy(Actor.REQUEST);
        DataSource away = (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (_, _, _) -> {
                    throw new SQLException("the database is away");
                });
        var withoutTime = new FinishOrder(
                orders, inventory, payments, _ -> ANSWER, leases, PATIENCE, new DatabaseTime(away), new Random(1));
        assertThat(withoutTime.finish(leased)).isEqualTo(leased.order());
        recoveryCarriesOn(leased.order().id());
    }

    @Test
    void asksNobodyAboutAnOrderThatHasItsEnd() {
        var leased = placedBy(Actor.REQUEST);
        var confirmed = finishOrder.finish(leased);
        sent.clear();
        assertThat(finishOrder.finish(leased.with(confirmed))).isEqualTo(confirmed);
        assertThat(sent).isEmpty();
    }

    @Test
    void aProcessThatStopsHandsBackOnlyWhatItStillWorksOn() {
        var finished = placedBy(Actor.REQUEST);
        finishOrder.finish(finished);
        var interrupted = placedBy(Actor.REQUEST);
        leases.hold(interrupted);
        leases.handBack();
        assertThat(orders.dueIn(interrupted.order().id())).isZero();
        assertThat(orders.find(finished.order().id()).orElseThrow().status()).isEqualTo(Status.CONFIRMED);
    }

    private void assertEndsAs(
            Order order, Status status, @Nullable Reason reason, @Nullable Settlement settlement, String requests) {
        assertThat(order.status()).isEqualTo(status);
        assertThat(order.reason()).isEqualTo(reason);
        assertThat(orders.find(order.id())).as("on record").contains(order);
        assertThat(orders.settlements.of(order.id())).isEqualTo(settlement);
        assertThat(String.join(" ", sent)).isEqualTo(requests);
        if (!status.isFinal() && status != Status.NEEDS_ATTENTION) {
            assertThat(orders.dueIn(order.id())).isBetween(Duration.ofMillis(250), Duration.ofSeconds(20));
        }
        recoveryCarriesOn(order.id());
    }

    /** Recovery runs with healthy peers until the order ends. */
    private void recoveryCarriesOn(OrderId id) {
        for (var tries = 0; tries < 10; tries++) {
            orders.advanceClock(Duration.ofSeconds(20));
            orders.claimDue(10, LEASE).forEach(finishOrder::finish);
        }
        var order = orders.find(id).orElseThrow();
        assertThat(order.status().isFinal() || order.status() == Status.NEEDS_ATTENTION)
                .as("recovery ends it: " + order)
                .isTrue();
        if (order.status().isFinal()) {
            assertThat(payments.states.get(id) == InMemoryPayments.State.CAPTURED)
                    .as("the money is captured exactly if the order is confirmed: " + order)
                    .isEqualTo(order.status() == Status.CONFIRMED);
            var isHeld = inventory.states.get(id) == InMemoryInventory.State.HELD;
            assertThat(!isHeld || orders.settlements.of(id) != null)
                    .as("stock that is still held waits for its settlement: " + order)
                    .isTrue();
            assertThat(order.answer()).isEqualTo(ANSWER);
        }
    }

    private LeasedOrder placedBy(Actor runner) {
        var placed = orders.insert(
                        new NewOrder(
                                new OrderId(UUID.randomUUID()),
                                new CustomerId(UUID.randomUUID()),
                                new IdempotencyKey("key"),
                                new byte[0],
                                List.of(OrderLine.of("cup", 1)),
                                new CardToken("tok_visa"),
                                PRICE),
                        LEASE)
                .orElseThrow();
        return runner == Actor.REQUEST ? placed : claimed();
    }

    /** Recovery takes up the order once its lease has run out. */
    private LeasedOrder claimed() {
        orders.advanceClock(Duration.ofSeconds(20));
        return orders.claimDue(1, LEASE).getFirst();
    }

    private void breakReserve(OrderId id, String stock) {
        switch (stock) {
            case "held" -> {}
            case "sold-out" -> product = new Product("Cup", PRICE, 0);
            case "no-product" -> product = null;
            case "dearer" -> product = new Product("Cup", new Money(1001, "EUR"), 10);
            case "released" -> inventory.states.put(id, InMemoryInventory.State.RELEASED);
            case "other-lines" ->
                inventory.reserving.answerNext(
                        () -> new ReservationOutcome.Held(List.of(new OrderLine("cup", 2, "Cup", PRICE))));
            case "lost" -> inventory.reserving.loseNextRequest();
            case "unanswered" -> inventory.reserving.loseNextAnswer();
            case "odd" -> inventory.reserving.answerNext(() -> new ReservationOutcome.Contradiction("other lines"));
            default -> throw new IllegalArgumentException(stock);
        }
    }

    private void breakCharge(OrderId id, @Nullable String charge) {
        switch (charge) {
            case null -> {}
            case "captured" -> {}
            case "declined" ->
                payments.charging.answerNext(() -> {
                    payments.states.put(id, InMemoryPayments.State.DECLINED);
                    return new ChargeOutcome.Declined(Reason.CARD_DECLINED);
                });
            case "lost" -> payments.charging.loseNextRequest();
            case "unanswered" -> payments.charging.loseNextAnswer();
            case "pending" -> payments.charging.answerNext(() -> new ChargeOutcome.Unknown("the payment is pending"));
            case "voided" -> payments.states.put(id, InMemoryPayments.State.VOIDED);
            case "odd" -> payments.charging.answerNext(() -> new ChargeOutcome.Contradiction("another amount"));
            default -> throw new IllegalArgumentException(charge);
        }
    }

    private void breakVoid(@Nullable String voiding) {
        switch (voiding) {
            case null -> {}
            case "voided" -> {}
            case "lost" -> payments.voiding.loseNextRequest();
            case "unanswered" -> payments.voiding.loseNextAnswer();
            case "odd" -> payments.voiding.answerNext(() -> new VoidOutcome.Contradiction("another sum"));
            default -> throw new IllegalArgumentException(voiding);
        }
    }

    private void breakRelease(String releasing) {
        switch (releasing) {
            case "released" -> {}
            case "lost" -> inventory.releasing.loseNextRequest();
            case "unanswered" -> inventory.releasing.loseNextAnswer();
            case "odd" -> inventory.releasing.answerNext(() -> new SettlementOutcome.Contradiction("sold already"));
            default -> throw new IllegalArgumentException(releasing);
        }
    }
}
