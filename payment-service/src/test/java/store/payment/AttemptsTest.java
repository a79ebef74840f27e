package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static store.payment.Orders.order;
import static store.payment.Orders.orderOfAge;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import store.payment.Acquirer.Found;
import store.payment.Acquirer.Refused;
import store.payment.Acquirer.TooLate;
import store.payment.ChargeOrder.Outcome;
import store.payment.Movement.Kind;
import store.payment.Payment.State;
import store.payment.UnreliableAcquirer.Failure;

/** What becomes of a payment when the acquirer answers, says nothing or forgets. All in memory, and nothing waits. */
class AttemptsTest {

    private static final Money AMOUNT = new Money(1999, "EUR");
    private static final CardToken VISA = new CardToken("tok_visa");
    private static final CardToken BAD = new CardToken("tok_declined");
    private static final AttemptSettings SETTINGS = new AttemptSettings(
            Duration.ofMinutes(1),
            Duration.ofHours(20),
            Duration.ofHours(1),
            Duration.ofMillis(500),
            Duration.ofSeconds(20));

    private final ShiftedTime time = new ShiftedTime(InstantSource.fixed(Instant.now()));
    private final InMemoryPayments payments = new InMemoryPayments(time);
    private final InMemoryAcquirer acquirer = new InMemoryAcquirer(time, () -> {});
    private final UnreliableAcquirer network = new UnreliableAcquirer(acquirer);
    private long drawn;
    private final Attempts attempts = new Attempts(payments, network, SETTINGS, time, () -> drawn);
    private final ChargeOrder chargeOrder = new ChargeOrder(payments, network, attempts, SETTINGS, time);
    private final VoidPayment voidPayment = new VoidPayment(payments, network, attempts, SETTINGS);
    private final ResolvePayments resolvePayments = new ResolvePayments(payments, network, attempts, SETTINGS);

    private OrderId order = order();
    private CardToken card = VISA;

    /** A line has what happened before, what is run, and what the acquirer does with the calls; then the outcome. */
    @ParameterizedTest(name = "{0} | {1} | {2}")
    @CsvSource(delimiter = '|', textBlock = """
        # before                           | run     | acquirer      | state        | sent               | told
        nothing                            | charge  | answers       | CAPTURED     | capture            | Captured
        nothing                            | charge  | declines      | DECLINED     | capture            | Declined
        nothing                            | charge  | call lost     | PENDING      | capture            | Pending
        nothing                            | charge  | answer lost   | PENDING      | capture            | Pending
        nothing                            | charge  | is down       | PENDING      | capture            | Pending
        key used otherwise                 | charge  | answers       | PENDING      | capture            | Pending
        old order                          | charge  | answers       | PENDING      | look               | Pending
        old order                          | charge  | call lost     | PENDING      | look               | Pending

        # A repeat reports, and sends nothing.
        charge unanswered                  | charge  | answers       | PENDING      | -                  | Pending
        charge                             | charge  | answers       | CAPTURED     | -                  | Captured
        decline                            | charge  | answers       | DECLINED     | -                  | Declined
        charge, void unanswered            | charge  | answers       | VOIDING      | -                  | Withdrawn
        void                               | charge  | answers       | VOIDED       | -                  | Withdrawn
        charge, 2h, void                   | charge  | answers       | REFUNDED     | -                  | Withdrawn
        charge, refund 500, void           | charge  | answers       | UNRECONCILED | -                  | Contradiction
        decline                            | void    | answers       | DECLINED     | -                  | DECLINED
        charge, void unanswered            | void    | answers       | VOIDING      | -                  | VOIDING
        charge, void                       | void    | answers       | VOIDED       | -                  | VOIDED
        charge, 2h, void                   | void    | answers       | REFUNDED     | -                  | REFUNDED

        # A void asks, then looks at the record.
        nothing                            | void    | answers       | VOIDED       | void, look         | VOIDED
        nothing                            | void    | call lost     | VOIDING      | void               | VOIDING
        nothing                            | void    | is down       | VOIDING      | void               | VOIDING
        charge lost                        | void    | answers       | VOIDED       | void, look         | VOIDED
        charge unanswered                  | void    | answers       | VOIDED       | void, look         | VOIDED
        charge under way                   | void    | answers       | VOIDED       | void, look         | VOIDED
        charge                             | void    | answers       | VOIDED       | void, look         | VOIDED
        charge                             | void    | answer lost   | VOIDING      | void               | VOIDING
        charge                             | void    | 2nd call lost | VOIDING      | void, look         | VOIDING
        charge, 2h                         | void    | answers       | REFUNDED     | void, look, refund | REFUNDED
        charge, 2h                         | void    | refund lost   | VOIDING      | void, look, refund | VOIDING
        charge, 25h                        | void    | answers       | REFUNDED     | look, void, refund | REFUNDED
        charge, 25h                        | void    | 2nd call lost | VOIDING      | look, void         | VOIDING
        charge, chargeback                 | void    | answers       | REFUNDED     | void, look         | REFUNDED
        charge, 25h, chargeback            | void    | answers       | REFUNDED     | look               | REFUNDED
        charge, refund 500                 | void    | answers       | UNRECONCILED | void, look         | CONTRADICTION
        charge, refund 500, refund 1499    | void    | answers       | REFUNDED     | void, look         | REFUNDED
        charge, acquirer restored empty    | void    | answers       | UNRECONCILED | void, look         | CONTRADICTION

        # The rows were lost: the key, or the record, still tells.
        charge, rows lost                  | charge  | answers       | CAPTURED     | capture            | Captured
        charge, rows lost, 10m             | charge  | answers       | CAPTURED     | capture, look      | Captured
        charge, chargeback, rows lost, 10m | charge  | answers       | REFUNDED     | capture, look      | Withdrawn
        charge, rows lost, 21h             | charge  | answers       | CAPTURED     | look               | Captured
        charge, void, rows lost            | charge  | answers       | VOIDING      | capture            | Withdrawn
        charge, void, rows lost, charge    | resolve | answers       | VOIDED       | void, look         | -
        charge, rows lost                  | void    | answers       | VOIDED       | void, look         | VOIDED
        charge, rows lost, 25h             | void    | answers       | REFUNDED     | look, void, refund | REFUNDED

        # The resolver asks again with the same key, or looks at the record when the key is too old.
        charge lost                        | resolve | answers       | CAPTURED     | capture, look      | -
        charge unanswered                  | resolve | answers       | CAPTURED     | capture, look      | -
        charge under way                   | resolve | answers       | CAPTURED     | capture, look      | -
        charge unanswered                  | resolve | call lost     | PENDING      | capture            | -
        charge unanswered                  | resolve | 2nd call lost | PENDING      | capture, look      | -
        charge unanswered, chargeback      | resolve | answers       | REFUNDED     | capture, look      | -
        decline unanswered                 | resolve | answers       | DECLINED     | capture            | -
        charge unanswered, 21h             | resolve | answers       | CAPTURED     | look               | -
        charge lost, 21h                   | resolve | answers       | VOIDED       | look               | -
        charge lost, 21h                   | resolve | call lost     | PENDING      | look               | -
        charge lost, 19h40m, resolve lost, 30m | resolve | answers       | PENDING      | look               | -
        old order, charge                  | resolve | answers       | PENDING      | look               | -
        old order, charge, 61m             | resolve | answers       | VOIDED       | look               | -
        charge, void lost                  | resolve | answers       | VOIDED       | void, look         | -
        charge, void unanswered            | resolve | answers       | VOIDED       | void, look         | -
        charge, void lost                  | resolve | call lost     | VOIDING      | void               | -
        charge, 2h, refund unanswered      | resolve | answers       | REFUNDED     | void, look         | -
        charge, refund 500, void           | resolve | answers       | UNRECONCILED | look               | -
        charge, refund 500, void           | resolve | call lost     | UNRECONCILED | look               | -
        charge, refund 500, void, refund 1499 | resolve | answers       | REFUNDED     | look               | -
        charge lost, over-capture, 21h     | resolve | answers       | UNRECONCILED | look               | -
        unreconciled, refund 501           | resolve | answers       | CAPTURED     | look               | -
        charge lost, over-capture, void, refund 501 | resolve | answers       | VOIDING      | look               | -
        charge                             | resolve | answers       | CAPTURED     | -                  | -
        charge, void                       | resolve | answers       | VOIDED       | -                  | -
        """)
    void bringsAPaymentForward(String before, String run, String acquirerDoes, State state, String sent, String told) {
        List.of(before.split(", ")).forEach(this::happen);
        network.sent.clear();
        willDo(acquirerDoes);

        assertThat(run(run)).isEqualTo(told);

        assertThat(payment().state()).isEqualTo(state);
        assertThat(network.sent.isEmpty() ? "-" : String.join(", ", network.sent))
                .isEqualTo(sent);
        network.arrive();
        switch (state) {
            case PENDING, UNRECONCILED -> assertThat(pause()).isBetween(Duration.ofMillis(1), SETTINGS.lease());
            case VOIDING -> assertThat(pause()).isBetween(Duration.ZERO, SETTINGS.lease());
            case CAPTURED, DECLINED, VOIDED, REFUNDED ->
                assertThat(payments.booked(order))
                        .as("what is booked is what moved")
                        .isEqualTo(acquirer.movements(order));
        }
    }

    /** The least random part is drawn, so each pause is half of its bound. */
    @Test
    void pausesTwiceAsLongEachTimeUpToABound() {
        happen("charge lost");
        var pauses = new ArrayList<>(List.of(pause().toMillis()));
        for (var attempt = 2; attempt <= 8; attempt++) {
            happen("resolve lost");
            pauses.add(pause().toMillis());
        }
        assertThat(pauses).containsExactly(250L, 500L, 1000L, 2000L, 4000L, 8000L, 10_000L, 10_000L);
    }

    @Test
    void drawsARandomPartOfThePause() {
        drawn = 100;
        happen("charge lost");
        assertThat(pause()).isEqualTo(Duration.ofMillis(250 + 50));
    }

    @Test
    void pausesAfterAVoidWithoutAnAnswer() {
        happen("charge");
        happen("void lost");
        assertThat(pause()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void onlyACaptureThatWasCertainlyNotSentClearsItsMark() {
        network.next(Failure.REFUSED);
        charge();
        assertThat(payment().firstSentAt()).isNull();

        happen("resolve lost");
        assertThat(payment().firstSentAt()).as("the call is lost").isNotNull();
        network.next(Failure.REFUSED);
        run("resolve");
        assertThat(payment().firstSentAt()).as("another was sent before").isNotNull();

        time.advance(Duration.ofHours(21));
        network.next(Failure.REFUSED);
        run("resolve");
        assertThat(payment().firstSentAt()).as("a look-up is no capture").isNotNull();
    }

    @Test
    void anotherAmountOrCardIsAContradictionAndIsNotSent() {
        charge();
        network.sent.clear();
        assertThat(chargeOrder.charge(order, new Money(1, "EUR"), VISA)).isEqualTo(new Outcome.Contradiction());
        assertThat(chargeOrder.charge(order, AMOUNT, BAD)).isEqualTo(new Outcome.Contradiction());
        assertThat(network.sent).isEmpty();
    }

    @Test
    void leavesAPaymentToItsHolderUntilTheLeaseEnds() {
        payments.begin(new AcquirerKey("sandbox", order), AMOUNT, VISA, true, SETTINGS.lease());
        assertThat(resolvePayments.resolve()).isZero();
        assertThat(charge()).isEqualTo(new Outcome.Pending());
        assertThat(network.sent).isEmpty();
        run("resolve");
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
    }

    @Test
    void aVoidThatOvertakesTheCallTurnsItAway() {
        network.next(Failure.before(this::voidOrder));
        assertThat(charge()).isEqualTo(new Outcome.Withdrawn());
        assertThat(payment().state()).isEqualTo(State.VOIDED);
        assertThat(acquirer.movements(order)).isEmpty();
    }

    @Test
    void aVoidThatOvertakesTheAnswerUndoesTheCapture() {
        network.next(Failure.after(this::voidOrder));
        assertThat(charge()).isEqualTo(new Outcome.Withdrawn());
        assertThat(payment().state()).isEqualTo(State.VOIDED);
        assertThat(moved()).containsExactly(Kind.CAPTURE, Kind.VOID);
    }

    @Test
    void aHolderThatIsOvertakenRecordsNothingAndReportsWhatIsOnRecord() {
        card = BAD;
        network.next(Failure.after(() -> {
            network.next(Failure.CALL_LOST);
            run("resolve");
        }));
        assertThat(charge()).as("the resolver holds it").isEqualTo(new Outcome.Pending());
        assertThat(payment().attempt()).isEqualTo(2);
        run("resolve");
        assertThat(payment().state()).isEqualTo(State.DECLINED);
    }

    @Test
    void reportsWhatItHeldWhenTheRowIsLostMeanwhile() {
        network.next(Failure.after(payments::lose));
        assertThat(charge()).isEqualTo(new Outcome.Pending());
        assertThat(payments.find(order)).isEmpty();
    }

    /** The acquirer refuses the void because it has a capture, and its record lags behind. */
    @Test
    void aRefusedVoidIsNotDoneThoughTheRecordShowsNothing() {
        happen("charge");
        network.answersNext(new TooLate(), new Found(List.of()));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        assertThat(pause()).isEqualTo(SETTINGS.longestBackoff());
    }

    @Test
    void aRefusedRefundIsNotDone() {
        happen("charge");
        network.answersNext(new TooLate(), new Found(acquirer.movements(order)), new Refused("not today"));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        assertThat(pause()).isEqualTo(SETTINGS.longestBackoff());
    }

    @Test
    void aCaptureThatTheRecordDoesNotShowYetCounts() {
        happen("charge unanswered");
        network.next(Failure.NONE);
        network.answersNext(new Found(List.of()));
        run("resolve");
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
    }

    @Test
    void leavesAPaymentOfAnotherAcquirerAlone() {
        payments.begin(new AcquirerKey("other", order), AMOUNT, VISA, true, SETTINGS.lease());
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        run("resolve");
        assertThat(payment().state()).isEqualTo(State.VOIDING);
        assertThat(network.sent).isEmpty();
    }

    @Test
    void handsBackWhatIsUnderWayAndNothingElse() {
        network.next(Failure.after(() -> {
            attempts.handBack();
            assertThat(pause()).isEqualTo(Duration.ZERO);
        }));
        assertThat(charge()).as("nobody took it over").isEqualTo(new Outcome.Captured());

        order = order();
        happen("charge lost");
        attempts.handBack();
        assertThat(pause()).as("a pause is no lease").isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void restsWhenTheRecordRefusesTheOutcome() {
        payments.refuse(payment -> payment.state() == State.CAPTURED);
        assertThat(charge()).isEqualTo(new Outcome.Contradiction());
        assertThat(payment().state()).isEqualTo(State.PENDING);
        assertThat(pause()).isEqualTo(SETTINGS.longestBackoff());

        payments.refuse(_ -> false);
        run("resolve");
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
        assertThat(moved()).containsExactly(Kind.CAPTURE);
    }

    @Test
    void doesNotSendAChargeThatTheRecordRefuses() {
        payments.refuse(_ -> true);
        assertThat(charge()).isEqualTo(new Outcome.Contradiction());
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);
        assertThat(network.sent).isEmpty();
    }

    @Test
    void onePaymentThatFailsDoesNotHoldUpTheOthers() {
        happen("charge lost");
        var broken = order;
        order = order();
        happen("charge lost");
        payments.refuse(payment -> payment.orderId().equals(broken));
        run("resolve");
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
        assertThat(payments.find(broken).orElseThrow().state()).isEqualTo(State.PENDING);
    }

    @Test
    void refusesToResumeWhatIsOver() {
        happen("charge");
        assertThatThrownBy(() -> attempts.resume(payment())).isInstanceOf(IllegalStateException.class);
    }

    private void happen(String event) {
        switch (event) {
            case "nothing" -> {}
            case "old order" -> order = orderOfAge(Duration.ofHours(21));
            case "key used otherwise" ->
                acquirer.capture(new AcquirerKey("sandbox", order), new Money(2500, "EUR"), VISA);
            case "charge" -> charge();
            case "decline" -> {
                card = BAD;
                charge();
            }
            case "charge lost" -> charge(Failure.CALL_LOST);
            case "charge unanswered" -> charge(Failure.ANSWER_LOST);
            case "charge under way" -> {
                network.delayNext();
                charge();
            }
            case "decline unanswered" -> {
                card = BAD;
                charge(Failure.ANSWER_LOST);
            }
            case "void" -> voidOrder();
            case "void lost" -> voidOrder(Failure.CALL_LOST);
            case "void unanswered" -> voidOrder(Failure.ANSWER_LOST);
            case "unreconciled" ->
                List.of("charge lost", "over-capture", "21h", "resolve").forEach(this::happen);
            case "refund unanswered" -> voidOrder(Failure.NONE, Failure.NONE, Failure.ANSWER_LOST);
            case "resolve" -> run("resolve");
            case "resolve lost" -> {
                network.next(Failure.CALL_LOST);
                run("resolve");
            }
            case "rows lost" -> payments.lose();
            case "acquirer restored empty" -> acquirer.lose();
            case "chargeback" -> acquirer.chargeBack(order);
            case "over-capture" -> acquirer.capture(new AcquirerKey("by-hand", order), new Money(2500, "EUR"), VISA);
            case "refund 500" -> refundByHand(500);
            case "refund 501" -> refundByHand(501);
            case "refund 1499" -> refundByHand(1499);
            default -> time.advance(Duration.parse("PT" + event));
        }
    }

    private void willDo(String what) {
        switch (what) {
            case "answers" -> {}
            case "declines" -> card = BAD;
            case "call lost" -> network.next(Failure.CALL_LOST);
            case "2nd call lost" -> List.of(Failure.NONE, Failure.CALL_LOST).forEach(network::next);
            case "refund lost" ->
                List.of(Failure.NONE, Failure.NONE, Failure.CALL_LOST).forEach(network::next);
            case "answer lost" -> network.next(Failure.ANSWER_LOST);
            case "is down" -> network.next(Failure.REFUSED);
            default -> throw new IllegalArgumentException(what);
        }
    }

    private String run(String what) {
        return switch (what) {
            case "charge" -> charge().getClass().getSimpleName();
            case "void" -> voidOrder().name();
            case "resolve" -> {
                time.advance(SETTINGS.lease()); // which is longer than any pause
                resolvePayments.resolve();
                yield "-";
            }
            default -> throw new IllegalArgumentException(what);
        };
    }

    private Outcome charge(Failure... failures) {
        List.of(failures).forEach(network::next);
        return chargeOrder.charge(order, AMOUNT, card);
    }

    private VoidPayment.Outcome voidOrder(Failure... failures) {
        List.of(failures).forEach(network::next);
        return voidPayment.undo(order);
    }

    /** Refunds as a person does in the acquirer's portal. */
    private void refundByHand(long amount) {
        var capture = acquirer.movements(order).getFirst();
        var part =
                new Movement(capture.id(), capture.orderId(), capture.kind(), new Money(amount, "EUR"), capture.at());
        assertThat(acquirer.refund(new AcquirerKey("by-hand-" + amount, order), part))
                .isInstanceOf(Acquirer.Refunded.class);
    }

    private Payment payment() {
        return payments.find(order).orElseThrow();
    }

    private Duration pause() {
        return payments.dueIn(order);
    }

    private List<Kind> moved() {
        return acquirer.movements(order).stream().map(Movement::kind).toList();
    }
}
