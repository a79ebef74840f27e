package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static store.payment.Orders.order;
import static store.payment.acquirer.StubAcquirer.line;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import store.payment.Discrepancy.Kind;
import store.payment.Payments.Beginning.Begun;
import store.payment.Payments.Outcome;
import store.payment.acquirer.StubAcquirer;
import store.payment.jdbc.PaymentDatabase;

/** The reconciler over real PostgreSQL and a statement that a test writes, changes and loses. */
class ReconciliationIT {

    private static final Duration BOOKING_DELAY = Duration.ofMinutes(1);
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final long AMOUNT = 1999;

    private final Instant old = Instant.now().minus(Duration.ofHours(1));
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final OrderId order = order();
    private PaymentDatabase database;
    private StubAcquirer stub;
    private ReconcileLedger reconcileLedger;

    @BeforeEach
    void start() throws IOException {
        database = new PaymentDatabase();
        stub = new StubAcquirer(lines::size, lines::get);
        reconcileLedger = new ReconcileLedger(database.ledger(), stub.acquirer(), BOOKING_DELAY, Instant::now);
    }

    @AfterEach
    void stop() {
        stub.close();
        database.close();
    }

    @Test
    void readsOnBehindMovementsThatItCannotRead() {
        pay(450);
        lines.set(100, line("m-next-year", order.value(), "REVERSAL", AMOUNT, old));
        lines.set(200, "{\"id\":\"m-short\",\"orderId\":\"%s\",\"kind\":\"CAPTURE\"}".formatted(order));
        lines.set(201, "\"nothing that it knows\"");

        assertThat(reconcileLedger.reconcile()).isEqualTo(447);
        assertThat(reconcileLedger.reconcile()).isZero();

        assertThat(found(Kind.UNREADABLE_MOVEMENT))
                .extracting(Discrepancy::movementId)
                .containsExactlyInAnyOrder("m-next-year", "m-short", null);
        assertThat(found(Kind.UNREADABLE_MOVEMENT))
                .filteredOn(one -> "m-next-year".equals(one.movementId()))
                .allSatisfy(one -> assertThat(one.detail()).contains("its kind cannot be read", "REVERSAL"))
                .allSatisfy(one -> assertThat(one.orderId()).isEqualTo(order.value()));
        assertThat(found(Kind.UNREADABLE_MOVEMENT))
                .anySatisfy(one -> assertThat(one.detail()).contains("it has no amount, at"));
        assertThat(database.discrepancies().unreadable()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        null
        {}
        []
        7
        {"id":"1","orderId":"x","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":0,"amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":7,"amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":0,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1.5,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"LOL"},"at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":"1 EUR","at":"2026-01-01T00:00:00Z"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"yesterday"}
        {"id":"1","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"+999999999-01-01T00:00:00Z"}
        {"id":"\\u0000","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"\\ud800","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        {"id":"","orderId":"0190163d-8694-739b-aea5-966c26f8ad90","kind":"CAPTURE","amount":{"amount":1,"currency":"EUR"},"at":"2026-01-01T00:00:00Z"}
        """)
    void recordsEveryLineThatCannotBeBooked(String unreadable) {
        lines.add(unreadable);
        pay(1);
        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        assertThat(reconcileLedger.reconcile()).isZero();
        assertThat(open())
                .singleElement()
                .satisfies(one -> assertThat(one.kind()).isEqualTo(Kind.UNREADABLE_MOVEMENT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT10M", "PT23H", "P300000D"})
    void isNotStoppedByAMovementFromTheFuture(Duration ahead) {
        pay(450);
        lines.set(
                10,
                line("m-future", order.value(), "CAPTURE", AMOUNT, Instant.now().plus(ahead)));
        assertThat(reconcileLedger.reconcile()).isEqualTo(450);
    }

    @Test
    void readsTheStatementAgainWhenTheAcquirerHasForgottenTheCursor() {
        pay(450);
        assertThat(reconcileLedger.reconcile()).isEqualTo(450);
        stub.forgetCursors();
        pay(1);

        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        assertThat(open()).isEmpty();
        assertThat(database.discrepancies().list(true, 10)).singleElement().satisfies(lost -> {
            assertThat(lost.kind()).isEqualTo(Kind.UNKNOWN_CURSOR);
            assertThat(lost.detail()).contains("0-400");
            assertThat(lost.clearedAt()).isNotNull();
        });
        assertThat(reconcileLedger.reconcile()).isZero();
    }

    @Test
    void aLostCursorIsADiscrepancyUntilTheEndIsReachedAgain() {
        pay(450);
        reconcileLedger.reconcile();
        stub.refuse("{\"reason\":\"UNKNOWN_CURSOR\"}");
        reconcileLedger.reconcile();
        assertThat(found(Kind.UNKNOWN_CURSOR)).hasSize(1);

        stub.refuse(null);
        reconcileLedger.reconcile();
        assertThat(open()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"reason\":\"NOT_HERE\"}", "<html>"})
    void aBareNotFoundLosesNoCursor(String body) {
        pay(450);
        reconcileLedger.reconcile();
        stub.refuse(body);
        assertThat(reconcileLedger.reconcile()).isZero();
        assertThat(open()).isEmpty();
        assertThat(database.ledger().cursor("sandbox")).isEqualTo("0-400");
    }

    @Test
    void reportsAPostingThatTheStatementLacksUntilItShowsIt() {
        var capture = new Movement("lacking", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), old);
        record(order, Outcome.captured(List.of(capture)));
        pay(3);
        reconcileLedger.reconcile();
        assertThat(open()).singleElement().satisfies(one -> {
            assertThat(one.kind()).isEqualTo(Kind.POSTING_NOT_ON_STATEMENT);
            assertThat(one.movementId()).isEqualTo("lacking");
            assertThat(one.orderId()).isEqualTo(order.value());
        });

        lines.add(line("lacking", order.value(), "CAPTURE", AMOUNT, old));
        assertThat(reconcileLedger.reconcile()).isZero();
        assertThat(open()).isEmpty();
    }

    @Test
    void doesNotMissAPostingThatTheStatementMayStillShow() {
        var young = new Movement("m-1", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), Instant.now());
        record(order, Outcome.captured(List.of(young)));
        reconcileLedger.reconcile();
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, young.at()));
        reconcileLedger.reconcile();
        assertThat(database.discrepancies().list(true, 10)).isEmpty();
    }

    /** The acquirer's clock was two minutes ahead for one movement: the movements behind that one are not missing. */
    @Test
    void doesNotMissWhatLiesBehindAMovementThatIsTooYoung() {
        pay(250);
        lines.set(
                100,
                line("early", order.value(), "CAPTURE", AMOUNT, Instant.now().plus(Duration.ofMinutes(2))));
        var behind = old.plusSeconds(300);
        lines.add(line("behind", order.value(), "CAPTURE", AMOUNT, behind));
        record(
                order,
                Outcome.captured(List.of(new Movement(
                        "behind", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), behind))));
        reconcileLedger.reconcile();
        assertThat(found(Kind.POSTING_NOT_ON_STATEMENT)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"VOIDED", "REFUNDED"})
    void reportsACaptureThatStandsForAPaymentThatIsOver(String state) {
        var held = database.payments()
                .beginVoid(new AcquirerKey("sandbox", order), LEASE)
                .orElseThrow();
        database.payments()
                .record(held, state.equals("VOIDED") ? Outcome.voided(List.of()) : Outcome.refunded(List.of()));
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));

        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        assertThat(open()).singleElement().satisfies(one -> {
            assertThat(one.kind()).isEqualTo(Kind.CAPTURE_STANDING);
            assertThat(one.detail()).isEqualTo("the payment is " + state + "; its movements sum up to 1999 EUR");
        });

        lines.add(line("m-2", order.value(), "REFUND", AMOUNT, old));
        reconcileLedger.reconcile();
        assertThat(open()).isEmpty();
    }

    @Test
    void reportsACaptureOfADeclinedPayment() {
        record(order, Outcome.declined(DeclineReason.CARD_DECLINED));
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        reconcileLedger.reconcile();
        assertThat(open()).extracting(Discrepancy::kind).containsExactly(Kind.CAPTURE_STANDING);
    }

    @Test
    void reportsACaptureWithoutAPaymentUntilThePaymentComesBack() {
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        reconcileLedger.reconcile();
        assertThat(open()).extracting(Discrepancy::kind).containsExactly(Kind.MONEY_WITHOUT_PAYMENT);

        var capture = new Movement("m-1", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), old);
        record(order, Outcome.captured(List.of(capture)));
        reconcileLedger.reconcile();
        assertThat(open()).isEmpty();
        assertThat(database.discrepancies().list(true, 10)).hasSize(1);
    }

    @Test
    void aPaymentThatEndsWithoutAnyMovementIsStillLookedAt() {
        var begun = begin(order);
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        reconcileLedger.reconcile();
        assertThat(open()).as("under way").isEmpty();

        lines.clear(); // no page names the order any more
        database.payments().record(begun, Outcome.voided(List.of())); // the ledger contradicts it
        reconcileLedger.reconcile();
        assertThat(open()).extracting(Discrepancy::kind).containsExactly(Kind.UNRECONCILED);
    }

    @Test
    void aChargebackIsNoDiscrepancyWhatIsReturnedTwiceIs() {
        var capture = new Movement("m-1", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), old);
        record(order, Outcome.captured(List.of(capture)));
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        lines.add(line("m-2", order.value(), "CHARGEBACK", AMOUNT, old));
        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        assertThat(open()).isEmpty();

        lines.add(line("m-3", order.value(), "REFUND", AMOUNT, old));
        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        assertThat(open()).extracting(Discrepancy::kind).containsExactly(Kind.RETURNED_TOO_MUCH);
    }

    @Test
    void reportsARefundThatNobodyAskedFor() {
        var capture = new Movement("m-1", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), old);
        record(order, Outcome.captured(List.of(capture)));
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        lines.add(line("m-2", order.value(), "REFUND", 500, old));
        reconcileLedger.reconcile();
        assertThat(open()).singleElement().satisfies(one -> {
            assertThat(one.kind()).isEqualTo(Kind.AMOUNT_DIFFERS);
            assertThat(one.detail())
                    .isEqualTo("the payment is CAPTURED over 1999 EUR; its movements sum up to 1499 EUR");
        });
    }

    @Test
    void reportsAPaymentThatSaysOfItselfThatItDoesNotAddUp() {
        var capture = new Movement("m-1", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT - 1, "EUR"), old);
        record(order, Outcome.unreconciled(List.of(capture), LEASE));
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT - 1, old));
        reconcileLedger.reconcile();
        assertThat(open()).extracting(Discrepancy::kind).containsExactly(Kind.UNRECONCILED);
    }

    @Test
    void reportsAMovementThatIsBookedOtherwise() {
        var capture = new Movement("m-1", order.value(), Movement.Kind.CAPTURE, new Money(AMOUNT, "EUR"), old);
        record(order, Outcome.captured(List.of(capture)));
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT + 1, old));
        assertThat(reconcileLedger.reconcile()).isZero();
        assertThat(open()).extracting(Discrepancy::kind).containsExactly(Kind.POSTING_DIFFERS);

        lines.set(0, line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        reconcileLedger.reconcile();
        assertThat(open()).isEmpty();
    }

    @Test
    void paymentsThatAreUnderWayAreNoDiscrepancy() {
        var voiding = order();
        begin(order);
        database.payments().beginVoid(new AcquirerKey("sandbox", voiding), LEASE);
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        lines.add(line("m-2", voiding.value(), "CAPTURE", AMOUNT, old));
        assertThat(reconcileLedger.reconcile()).isEqualTo(2);
        assertThat(reconcileLedger.reconcile()).isZero();
        assertThat(database.discrepancies().list(true, 10)).isEmpty();
    }

    @Test
    void comparesTheWholeLedgerPartByPart() {
        database.jdbc().sql("""
            with posted as (
                insert into payments.ledger_posting (movement_id, order_id, kind, amount, currency, occurred_at)
                select 'm-' || n, gen_random_uuid(), 'CAPTURE', 1, 'EUR', now() - interval '1 hour'
                from generate_series(1, 2500) n
                returning movement_id
            )
            insert into payments.ledger_entry (movement_id, account, amount, currency)
            select movement_id, side.account, side.amount, 'EUR'
            from posted, (values ('ACQUIRER', 1), ('SALES', -1)) as side (account, amount)
            """).update();
        for (var run = 0; run < 6; run++) {
            reconcileLedger.reconcile();
        }
        assertThat(database.jdbc()
                        .sql("select kind || ' ' || count(*) from payments.discrepancy group by kind order by kind")
                        .query(String.class)
                        .list())
                .containsExactly("MONEY_WITHOUT_PAYMENT 2500", "POSTING_NOT_ON_STATEMENT 2500");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "delete from payments.discrepancy",
                "truncate payments.discrepancy",
                "update payments.discrepancy set detail = 'nothing'",
                "delete from payments.statement_movement"
            })
    void findingsStayOnRecord(String change) {
        lines.add(line("m-1", order.value(), "CAPTURE", AMOUNT, old));
        reconcileLedger.reconcile();
        assertThatThrownBy(() -> database.jdbc().sql(change).update()).hasMessageContaining("is append-only");
    }

    /** Adds captures of CAPTURED payments to the statement only. */
    private void pay(int count) {
        for (var i = 0; i < count; i++) {
            var n = lines.size();
            var captured = UUID.randomUUID();
            captureByHand(captured);
            lines.add(line("m-" + n, captured, "CAPTURE", AMOUNT, old.plusSeconds(n)));
        }
    }

    /** Makes a CAPTURED payment without a posting: the reconciler finds the movement on the statement. */
    private void captureByHand(UUID captured) {
        database.jdbc().sql("""
            insert into payments.payment (order_id, state, acquirer, acquirer_key, attempt, token, amount, currency,
                fingerprint, due_at)
            values (?, 'PENDING', 'sandbox', 'k', 1, '', ?, 'EUR', '', now())
            """).params(captured, AMOUNT).update();
        database.jdbc()
                .sql("update payments.payment set state = 'CAPTURED', token = null, due_at = null where order_id = ?")
                .param(captured)
                .update();
    }

    private Payment begin(OrderId charged) {
        return ((Begun) database.payments()
                        .begin(
                                new AcquirerKey("sandbox", charged),
                                new Money(AMOUNT, "EUR"),
                                new CardToken("tok_visa"),
                                true,
                                LEASE))
                .held();
    }

    private void record(OrderId charged, Outcome outcome) {
        assertThat(database.payments().record(begin(charged), outcome)).isPresent();
    }

    private List<Discrepancy> open() {
        return database.discrepancies().list(false, 1000);
    }

    private List<Discrepancy> found(Kind kind) {
        return open().stream().filter(one -> one.kind() == kind).toList();
    }
}
