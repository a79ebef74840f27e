package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static store.payment.Orders.order;
import static store.payment.Orders.orderOfAge;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import store.payment.Acquirer.Captured;
import store.payment.Acquirer.Found;
import store.payment.ChargeOrder.Outcome;
import store.payment.Movement.Kind;
import store.payment.Payment.State;
import store.payment.UnreliableAcquirer.Failure;
import store.payment.acquirer.Sandbox;
import store.payment.jdbc.PaymentDatabase;
import store.resilience.TransactionGuard.CallInsideTransaction;

/** The use cases over real PostgreSQL and the real acquirer sandbox, with an unreliable network in between. */
class PaymentProtocolIT {

    private static final Money AMOUNT = new Money(1999, "EUR");
    private static final CardToken VISA = new CardToken("tok_visa");
    private static final Duration BOOKING_DELAY = Duration.ofMinutes(1);
    private static final AttemptSettings SETTINGS = new AttemptSettings(
            Duration.ofMinutes(1),
            Duration.ofHours(20),
            Duration.ofHours(1),
            Duration.ofMillis(500),
            Duration.ofSeconds(20));

    private static PaymentDatabase database;

    private final ShiftedTime time = new ShiftedTime();
    private final OrderId order = order();
    private final AcquirerKey key = new AcquirerKey("sandbox", order);

    private Sandbox sandbox;
    private UnreliableAcquirer acquirer;
    private Payments payments;
    private ChargeOrder chargeOrder;
    private VoidPayment voidPayment;
    private ResolvePayments resolvePayments;
    private Attempts attempts;
    private ReconcileLedger reconcileLedger;

    @BeforeAll
    static void create() {
        database = new PaymentDatabase();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @BeforeEach
    void start(@TempDir Path data) throws IOException {
        sandbox = new Sandbox(data, time);
        acquirer = new UnreliableAcquirer(sandbox.acquirer());
        database.jdbc().sql("delete from payments.payment").update();
        database.jdbc().sql("delete from payments.reconciliation").update();
        useDatabase(database);
    }

    @AfterEach
    void stop() {
        unconstrain();
        sandbox.close();
    }

    private void useDatabase(PaymentDatabase used) {
        payments = used.payments();
        attempts = new Attempts(payments, acquirer, SETTINGS, time, new Random(1));
        chargeOrder = new ChargeOrder(payments, acquirer, attempts, SETTINGS, time);
        voidPayment = new VoidPayment(payments, acquirer, attempts, SETTINGS);
        resolvePayments = new ResolvePayments(payments, acquirer, attempts, SETTINGS);
        reconcileLedger = new ReconcileLedger(used.ledger(), acquirer, BOOKING_DELAY, time);
    }

    @Test
    void capturesBooksAndErasesTheCard() {
        assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
        assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
        assertThat(acquirer.captures).hasValue(1);
        assertThat(history()).containsExactly("PENDING", "CAPTURED");
        assertThat(booked()).containsExactly("CAPTURE ACQUIRER 1999", "CAPTURE SALES -1999");
    }

    @Test
    void aDeclineMovesNothingAndNeedsNoVoid() {
        var card = new CardToken("tok_insufficient_funds");
        assertThat(charge(card)).isEqualTo(new Outcome.Declined(DeclineReason.INSUFFICIENT_FUNDS));
        assertThat(charge(card)).isEqualTo(new Outcome.Declined(DeclineReason.INSUFFICIENT_FUNDS));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.DECLINED);
        assertThat(history()).containsExactly("PENDING", "DECLINED");
        assertThat(booked()).isEmpty();
    }

    @Test
    void anotherChargeForTheOrderIsAContradiction() {
        charge(VISA);
        assertThat(chargeOrder.charge(order, new Money(1, "EUR"), VISA)).isEqualTo(new Outcome.Contradiction());
        assertThat(charge(new CardToken("tok_other"))).isEqualTo(new Outcome.Contradiction());
        assertThat(acquirer.captures).hasValue(1);
    }

    @Test
    void neverCallsTheAcquirerInsideATransaction() {
        var transaction = new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
        assertThatThrownBy(() -> transaction.executeWithoutResult(_ -> charge(VISA)))
                .isInstanceOf(CallInsideTransaction.class);
        assertThat(atAcquirer()).isEmpty();
        assertThat(payments.find(order)).isEmpty();
    }

    @Test
    void aLostAnswerIsAskedForAgainWithTheSameKey() {
        acquirer.next(Failure.ANSWER_LOST);
        assertThat(charge(VISA)).isEqualTo(new Outcome.Pending());
        assertThat(charge(VISA)).as("a repeat reports").isEqualTo(new Outcome.Pending());
        assertThat(acquirer.captures).hasValue(1);

        resolveNow();
        assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE);
        assertThat(booked()).hasSize(2);
    }

    @Test
    void aChargeThatWasNotSentIsTriedAgainAndItsMarkIsCleared() {
        acquirer.next(Failure.REFUSED);
        assertThat(charge(VISA)).isEqualTo(new Outcome.Pending());
        assertThat(payment().firstSentAt()).isNull();
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
    }

    @Test
    void aLookUpThatWasNotSentClearsNoMark() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        time.advance(Duration.ofHours(21));
        acquirer.next(Failure.REFUSED);
        resolveNow();
        assertThat(payment().firstSentAt()).isNotNull();
    }

    @Test
    void pausesLongerEachTimeButNeverLongerThanTheBound() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        assertThat(pauseMillis()).isBetween(0L, 500L);
        for (var attempt = 2; attempt < 12; attempt++) {
            acquirer.next(Failure.CALL_LOST);
            resolveNow();
        }
        assertThat(pauseMillis()).isBetween(9_000L, 20_000L);
    }

    @Test
    void takesOverFromAHolderThatDiedBeforeItsCall() {
        payments.begin(key, AMOUNT, VISA, true, SETTINGS.lease());
        assertThat(resolvePayments.resolve()).as("the lease stands").isZero();
        assertThat(charge(VISA)).isEqualTo(new Outcome.Pending());

        resolveNow();
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
        assertThat(acquirer.captures).hasValue(1);
    }

    @Test
    void anOvertakenHolderRecordsNothingAndReportsWhatIs() {
        acquirer.next(Failure.after(this::resolveNow));
        assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
        assertThat(payment().attempt()).isEqualTo(2);
        assertThat(history()).containsExactly("PENDING", "CAPTURED");
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE);
    }

    @Test
    void aVoidThatOvertakesTheChargeTurnsItAwayAtTheAcquirer() {
        acquirer.next(Failure.before(this::voided));
        assertThat(charge(VISA)).isEqualTo(new Outcome.Withdrawn());
        assertThat(history()).containsExactly("PENDING", "VOIDING", "VOIDED");
        assertThat(atAcquirer()).isEmpty();
        assertThat(booked()).isEmpty();
    }

    @Test
    void aVoidThatOvertakesTheAnswerBooksBothMovementsOnce() {
        acquirer.next(Failure.after(this::voided));
        assertThat(charge(VISA)).isEqualTo(new Outcome.Withdrawn());
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.VOID);
        assertThat(booked())
                .containsExactly(
                        "CAPTURE ACQUIRER 1999", "CAPTURE SALES -1999", "VOID ACQUIRER -1999", "VOID SALES 1999");
    }

    @Test
    void aPendingChargeIsVoidedNeverCaptured() {
        acquirer.next(Failure.ANSWER_LOST);
        charge(VISA);
        acquirer.next(Failure.CALL_LOST);
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        assertThat(voidPayment.undo(order)).as("a repeat reports").isEqualTo(VoidPayment.Outcome.VOIDING);
        assertThat(charge(VISA)).isEqualTo(new Outcome.Withdrawn());

        resolveNow();
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDED);
        assertThat(acquirer.captures).hasValue(1);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.VOID);
        assertThat(booked()).hasSize(4);
    }

    @Test
    void aChargeAfterItsVoidIsWithdrawn() {
        voided();
        assertThat(charge(VISA)).isEqualTo(new Outcome.Withdrawn());
        assertThat(history()).containsExactly("VOIDING", "VOIDED");
        assertThat(acquirer.captures).hasValue(0);
    }

    @Test
    void aCapturedPaymentIsVoidedOnceAndTheLedgerNets() {
        charge(VISA);
        voided();
        voided();
        assertThat(history()).containsExactly("PENDING", "CAPTURED", "VOIDING", "VOIDED");
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.VOID);
        assertThat(booked()).hasSize(4);
    }

    @Test
    void refundsWhatIsTooOldToBeVoided() {
        charge(VISA);
        time.advance(Sandbox.VOID_WINDOW.plusMinutes(1));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.REFUND);
        assertThat(booked())
                .containsExactly(
                        "CAPTURE ACQUIRER 1999", "CAPTURE SALES -1999", "REFUND ACQUIRER -1999", "REFUND REFUNDS 1999");
    }

    @Test
    void aLostRefundAnswerIsFoundOnTheRecord() {
        charge(VISA);
        time.advance(Duration.ofHours(25)); // the acquirer has forgotten the key
        acquirer.next(Failure.after(() -> {})); // the look-up
        acquirer.next(Failure.after(() -> {})); // the void, which undoes nothing
        acquirer.next(Failure.ANSWER_LOST); // the refund
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.REFUNDED);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.REFUND);
    }

    @Test
    void moneyThatTheCustomerTookBackIsNotRefunded() {
        charge(new CardToken("tok_fraud_later"));
        time.advance(Duration.ofHours(2));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.CHARGEBACK);
        assertThat(booked()).hasSize(4);
    }

    @Test
    void aVoidAfterAChargebackPaysNobodyTwice() {
        charge(new CardToken("tok_fraud_later"));
        time.advance(Duration.ofSeconds(4)); // the void window is open
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.CHARGEBACK);
        assertThat(booked()).hasSize(4);
    }

    @Test
    void anOldChargeThatWasChargedBackIsRefunded() {
        acquirer.next(Failure.ANSWER_LOST);
        charge(new CardToken("tok_fraud_later"));
        time.advance(Duration.ofHours(21));
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "REFUNDED");
        assertThat(booked()).hasSize(4);
    }

    @Test
    void aVoidFindsARefundByAPersonOnTheRecord() {
        charge(VISA);
        sandbox.acquirer().refund(key, onRecord().getFirst());
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.REFUND);
        assertThat(booked()).hasSize(4);
    }

    @Test
    void aPartialRefundIsUnreconciledUntilTheRestIsRefunded() {
        charge(VISA);
        refundAtAcquirer(new AcquirerKey("by-hand", order), onRecord().getFirst(), 500);
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);
        assertThat(charge(VISA)).isEqualTo(new Outcome.Contradiction());
        assertThat(booked()).contains("REFUND ACQUIRER -500");
        assertThat(payments.unreconciled()).isEqualTo(1);
        assertThat(pauseMillis()).isBetween(9_000L, 20_000L);

        resolveNow();
        assertThat(history()).as("a look that finds nothing new is no change").endsWith("VOIDING", "UNRECONCILED");
        refundAtAcquirer(new AcquirerKey("by-hand-2", order), onRecord().getFirst(), 1499);
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "CAPTURED", "VOIDING", "UNRECONCILED", "REFUNDED");
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(payments.unreconciled()).isZero();
        assertThat(booked()).hasSize(6);
    }

    @Test
    void aRefundOfAnotherCaptureDoesNotUndoTheOrders() {
        acquirer.next(Failure.ANSWER_LOST);
        charge(VISA);
        var another = new AcquirerKey("another", order);
        sandbox.acquirer().capture(another, new Money(500, "EUR"), VISA);
        refundAtAcquirer(another, onRecord().getLast(), 500);
        time.advance(Duration.ofHours(21));
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "UNRECONCILED");
        assertThat(charge(VISA)).isEqualTo(new Outcome.Contradiction());
        assertThat(booked()).hasSize(6);
    }

    @Test
    void aCaptureOfAnotherAmountIsNotTheOrdersUntilItAddsUp() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        sandbox.acquirer().capture(key, new Money(2500, "EUR"), VISA);
        time.advance(Duration.ofHours(21));
        resolveNow();
        assertThat(charge(VISA)).isEqualTo(new Outcome.Contradiction());

        refundAtAcquirer(key, onRecord().getFirst(), 501);
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "UNRECONCILED", "CAPTURED");
        assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
    }

    @Test
    void aCaptureInAnotherCurrencyIsNotTheOrders() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        sandbox.acquirer().capture(key, new Money(1999, "USD"), VISA);
        time.advance(Duration.ofHours(21));
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "UNRECONCILED");
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);
        refundAtAcquirer(key, onRecord().getFirst(), 1999);
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
    }

    @Test
    void aPaymentThatWasToBeVoidedNeverBecomesCaptured() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        var another = new AcquirerKey("another", order);
        sandbox.acquirer().capture(another, new Money(2500, "EUR"), VISA);
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);

        refundAtAcquirer(another, onRecord().getFirst(), 501);
        resolveNow();
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "VOIDING", "UNRECONCILED", "VOIDING", "REFUNDED");
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.REFUND, Kind.REFUND);
    }

    @Test
    void aVoidWithoutARowFindsACaptureThatItsKeyDoesNotKnow() {
        sandbox.acquirer().capture(new AcquirerKey("another", order), AMOUNT, VISA);
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.REFUNDED);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE, Kind.REFUND);
        assertThat(booked()).hasSize(4);
    }

    /** A repeated capture gets the first answer, even if the capture was undone since. */
    @Test
    void aRepeatedCaptureThatWasChargedBackMeanwhileIsNotCaptured() {
        acquirer.next(Failure.ANSWER_LOST);
        assertThat(charge(new CardToken("tok_fraud_later"))).isEqualTo(new Outcome.Pending());
        time.advance(Duration.ofSeconds(30));
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.REFUNDED);
        assertThat(charge(new CardToken("tok_fraud_later"))).isEqualTo(new Outcome.Withdrawn());
    }

    /** The acquirer refuses the void because it has a capture, and its record lags behind. */
    @Test
    void aVoidThatIsRefusedThoughNothingIsFoundStaysVoiding() {
        charge(VISA);
        time.advance(Duration.ofHours(2));
        acquirer.answersNext(new Acquirer.TooLate(), new Acquirer.Found(List.of()));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
    }

    /** An acquirer that was restored from a backup has lost the key and the capture; the ledger has the capture. */
    @Test
    void aVoidByAnAcquirerThatHasForgottenTheCaptureIsUnreconciled() {
        charge(VISA);
        acquirer.answersNext(new Acquirer.Undone(List.of()), new Acquirer.Found(List.of()));
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);
        assertThat(payment().state()).isEqualTo(State.UNRECONCILED);
    }

    /** Such a row is written by a version that does not know void_wanted. */
    @Test
    void aVoidThatAnOlderVersionBeganIsFinished() {
        charge(VISA);
        acquirer.next(Failure.CALL_LOST);
        voidPayment.undo(order);
        database.jdbc()
                .sql("update payments.payment set void_wanted = false where order_id = ?")
                .param(order.value())
                .update();
        acquirer.answersNext(new Acquirer.TooLate());
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.REFUNDED);
    }

    @Test
    void aVoidWhoseLookUpIsLostStaysVoiding() {
        charge(VISA);
        acquirer.next(Failure.after(() -> {})); // the void
        acquirer.next(Failure.CALL_LOST); // the look-up
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        resolveNow();
        assertThat(history()).containsExactly("PENDING", "CAPTURED", "VOIDING", "VOIDED");
        assertThat(booked()).hasSize(4);
    }

    @Test
    void handsBackWhatIsUnderWay() {
        acquirer.next(Failure.after(() -> {
            attempts.handBack();
            assertThat(pauseMillis()).isLessThanOrEqualTo(0);
        }));
        assertThat(charge(VISA)).as("nobody took it over").isEqualTo(new Outcome.Captured());

        var other = order();
        acquirer.next(Failure.ANSWER_LOST);
        chargeOrder.charge(other, AMOUNT, VISA);
        var due = "select due_at::text from payments.payment where due_at is not null";
        var paused = database.jdbc().sql(due).query(String.class).single();
        attempts.handBack();
        assertThat(database.jdbc().sql(due).query(String.class).single())
                .as("a pause is no lease")
                .isEqualTo(paused);
    }

    @Test
    void aWriteThatAConstraintRefusesIsAContradictionAndNoOutage() {
        var before = payments.writesRefused();
        constrain("check (state <> 'CAPTURED')");
        assertThat(charge(VISA)).isEqualTo(new Outcome.Contradiction());
        assertThat(payment().state()).isEqualTo(State.PENDING);
        assertThat(pauseMillis()).as("it is not tried again at once").isBetween(9_000L, 20_000L);
        resolveNow();
        assertThat(payments.writesRefused() - before).isEqualTo(2);
        unconstrain();

        resolveNow();
        assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE);
    }

    @Test
    void aVoidThatAConstraintRefusesIsAContradiction() {
        charge(VISA);
        constrain("check (state <> 'VOIDING')");
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);
        assertThat(history()).containsExactly("PENDING", "CAPTURED");
        unconstrain();
        constrain("check (state <> 'VOIDED')");
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.CONTRADICTION);
        unconstrain();
        resolveNow();
        assertThat(history()).endsWith("VOIDING", "VOIDED");
    }

    @Test
    void aChargeThatAConstraintRefusesIsNotSent() {
        constrain("check (amount < 1999)");
        assertThat(charge(VISA)).isEqualTo(new Outcome.Contradiction());
        unconstrain();
        assertThat(acquirer.captures).hasValue(0);
        assertThat(payments.find(order)).isEmpty();
    }

    @Test
    void aPaymentThatRefusesToBeTakenOverDoesNotHoldUpTheOthers() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        var broken = order();
        acquirer.next(Failure.CALL_LOST);
        chargeOrder.charge(broken, AMOUNT, VISA);
        constrain("check (order_id <> '" + broken + "' or attempt < 2)");
        resolveNow();
        unconstrain();
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
        assertThat(payments.find(broken).orElseThrow().state()).isEqualTo(State.PENDING);
    }

    @Test
    void looksAnOldPaymentUpInsteadOfCapturingAgain() {
        acquirer.next(Failure.ANSWER_LOST);
        charge(VISA);
        time.advance(Duration.ofHours(25));
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
        assertThat(acquirer.captures).hasValue(1);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE);
    }

    @Test
    void givesAnOldPaymentUpOnlyWhenNothingCanBeOnItsWay() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        time.advance(Duration.ofHours(21));
        database.jdbc()
                .sql("update payments.payment set last_sent_at = now() + interval '20 hours 30 minutes'")
                .update();
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.PENDING);

        time.advance(Duration.ofHours(1));
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.VOIDED);
        assertThat(acquirer.captures).hasValue(1);
        assertThat(history()).containsExactly("PENDING", "VOIDED");
    }

    @Test
    void aDatabaseRestoredEmptyCannotChargeTwice() {
        charge(VISA);
        try (var empty = new PaymentDatabase()) {
            useDatabase(empty);
            assertThat(charge(VISA)).isEqualTo(new Outcome.Captured());
        }
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE);
    }

    @Test
    void aDatabaseRestoredEmptyCannotChargeAnOldOrderTwice() {
        var old = orderOfAge(Duration.ofHours(21));
        sandbox.acquirer().capture(new AcquirerKey("sandbox", old), AMOUNT, VISA);
        time.advance(Duration.ofHours(25)); // the key is forgotten, the order is not
        assertThat(chargeOrder.charge(old, AMOUNT, VISA)).isEqualTo(new Outcome.Captured());
        assertThat(acquirer.captures).hasValue(0);
    }

    @Test
    void aDatabaseRestoredEmptyLearnsWhatWasVoided() {
        charge(VISA);
        voided();
        try (var empty = new PaymentDatabase()) {
            useDatabase(empty);
            assertThat(charge(VISA)).isEqualTo(new Outcome.Withdrawn());
            resolvePayments.resolve();
            assertThat(payment().state()).isEqualTo(State.VOIDED);
            assertThat(empty.jdbc()
                            .sql("select count(*) from payments.ledger_posting")
                            .query(Integer.class)
                            .single())
                    .isEqualTo(2);
        }
    }

    @Test
    void twentyChargesOfOneOrderCaptureOnce() throws Exception {
        var outcomes = together(20, () -> charge(VISA));
        assertThat(outcomes)
                .contains(new Outcome.Captured())
                .containsOnly(new Outcome.Captured(), new Outcome.Pending());
        assertThat(acquirer.captures).hasValue(1);
        assertThat(atAcquirer()).containsExactly(Kind.CAPTURE);
        assertThat(booked()).hasSize(2);
    }

    @Test
    void chargesVoidsAndResolversTogetherLeaveNothingCaptured() throws Exception {
        together(20, () -> {
            charge(VISA);
            resolveNow();
            return voidPayment.undo(order);
        });
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.VOIDED);
        assertThat(atAcquirer()).isIn(List.of(), List.of(Kind.CAPTURE, Kind.VOID));
        assertThat(booked()).hasSize(atAcquirer().size() * 2);
        assertThat(history()).last().isEqualTo("VOIDED");
    }

    @Test
    void booksWhatOnlyTheStatementKnowsOnce() {
        charge(new CardToken("tok_fraud_later"));
        sandbox.acquirer().capture(new AcquirerKey("sandbox", order()), AMOUNT, VISA);
        assertThat(reconcileLedger.reconcile()).as("too young to be missing").isZero();

        time.advance(BOOKING_DELAY.plusMinutes(1));
        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        time.advance(BOOKING_DELAY.plusMinutes(1));
        assertThat(reconcileLedger.reconcile()).as("the chargeback").isEqualTo(1);
        assertThat(reconcileLedger.reconcile()).isZero();
        assertThat(booked()).contains("CHARGEBACK ACQUIRER -1999", "CHARGEBACK CHARGEBACKS 1999");
        assertThat(database.jdbc()
                        .sql("select differences from payments.reconciliation")
                        .query(Integer.class)
                        .single())
                .isEqualTo(2);
    }

    @Test
    void reconcilesPageAfterPage() throws Exception {
        var captures = 450;
        together(10, () -> {
            for (var i = 0; i < captures / 10; i++) {
                assertThat(sandbox.acquirer().capture(new AcquirerKey("sandbox", order()), AMOUNT, VISA))
                        .isInstanceOf(Captured.class);
            }
            return captures;
        });
        time.advance(BOOKING_DELAY.plusMinutes(1));
        assertThat(reconcileLedger.reconcile()).isEqualTo(captures);
        assertThat(reconcileLedger.reconcile()).isZero();
    }

    @Test
    void aStatementThatBooksFirstLeavesTheStateToTheOutcome() {
        acquirer.next(Failure.ANSWER_LOST);
        charge(VISA);
        time.advance(BOOKING_DELAY.plusMinutes(1));
        assertThat(reconcileLedger.reconcile()).isEqualTo(1);
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
        assertThat(booked()).hasSize(2);
    }

    @Test
    void leavesAPaymentOfAnotherAcquirerToItsInstances() {
        payments.begin(new AcquirerKey("other", order), AMOUNT, VISA, true, SETTINGS.lease());
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDING);
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.VOIDING);
    }

    @Test
    void oneBrokenPaymentDoesNotHoldUpTheOthers() {
        acquirer.next(Failure.CALL_LOST);
        charge(VISA);
        var broken = payments.begin(new AcquirerKey("sandbox", order()), AMOUNT, VISA, true, SETTINGS.lease());
        database.jdbc()
                .sql("update payments.payment set token = '\\x00'::bytea where order_id <> ?")
                .param(order.value())
                .update();
        assertThat(broken).isInstanceOf(Payments.Beginning.Begun.class);
        resolveNow();
        assertThat(payment().state()).isEqualTo(State.CAPTURED);
    }

    /** Refunds as a person does in the acquirer's portal. */
    private void refundAtAcquirer(AcquirerKey key, Movement capture, long amount) {
        var part = new Movement(
                capture.id(),
                capture.orderId(),
                Kind.CAPTURE,
                new Money(amount, capture.amount().currency()),
                capture.at());
        assertThat(sandbox.acquirer().refund(key, part)).isInstanceOf(Acquirer.Refunded.class);
    }

    private static void constrain(String check) {
        database.jdbc()
                .sql("alter table payments.payment add constraint of_a_test " + check + " not valid")
                .update();
    }

    private static void unconstrain() {
        database.jdbc()
                .sql("alter table payments.payment drop constraint if exists of_a_test")
                .update();
    }

    private Outcome charge(CardToken card) {
        return chargeOrder.charge(order, AMOUNT, card);
    }

    private void voided() {
        assertThat(voidPayment.undo(order)).isEqualTo(VoidPayment.Outcome.VOIDED);
    }

    /** Ends every lease and pause, then runs the resolver once. */
    private void resolveNow() {
        database.jdbc()
                .sql("update payments.payment set due_at = now() where due_at is not null")
                .update();
        resolvePayments.resolve();
    }

    private Payment payment() {
        return payments.find(order).orElseThrow();
    }

    private List<Kind> atAcquirer() {
        return onRecord().stream().map(Movement::kind).toList();
    }

    private List<Movement> onRecord() {
        return ((Found) sandbox.acquirer().movementsOf(order)).movements();
    }

    /** The states in the audit. Each change leaves the state before it, and the last one is the payment's state. */
    private List<String> history() {
        var events = database.jdbc()
                .sql("select from_state, to_state from payments.payment_event where order_id = ? order by id")
                .param(order.value())
                .query((row, _) -> new String[] {row.getString(1), row.getString(2)})
                .list();
        String state = null;
        for (var event : events) {
            assertThat(event[0]).isEqualTo(state);
            state = event[1];
        }
        assertThat(state).isEqualTo(payment().state().name());
        return events.stream().map(event -> event[1]).toList();
    }

    private List<String> booked() {
        return database.jdbc()
                .sql("""
                    select posting.kind || ' ' || entry.account || ' ' || entry.amount
                    from payments.ledger_posting posting join payments.ledger_entry entry using (movement_id)
                    where posting.order_id = ? order by posting.occurred_at, posting.kind, entry.account
                    """)
                .param(order.value())
                .query((row, _) -> row.getString(1))
                .list();
    }

    private long pauseMillis() {
        return database.jdbc()
                .sql("select extract(epoch from due_at - now()) * 1000 from payments.payment where order_id = ?")
                .param(order.value())
                .query((row, _) -> row.getLong(1))
                .single();
    }

    private interface Act<T> {
        T perform() throws Exception;
    }

    private static <T> List<T> together(int threads, Act<T> act) throws Exception {
        var barrier = new CyclicBarrier(threads);
        var results = new ArrayList<T>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var started = new ArrayList<Future<T>>();
            for (var i = 0; i < threads; i++) {
                started.add(executor.submit(() -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    return act.perform();
                }));
            }
            for (var result : started) {
                results.add(result.get(20, TimeUnit.SECONDS));
            }
        }
        return results;
    }
}
