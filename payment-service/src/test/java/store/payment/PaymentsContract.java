package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static store.payment.Orders.order;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import store.payment.Payment.State;
import store.payment.Payments.Beginning;
import store.payment.Payments.Beginning.Begun;
import store.payment.Payments.Beginning.Contradicted;
import store.payment.Payments.Beginning.Known;
import store.payment.Payments.Outcome;

/** The behaviour of every record of payments. */
public abstract class PaymentsContract {

    private static final Money AMOUNT = new Money(1999, "EUR");
    private static final CardToken TOKEN = new CardToken("tok_visa");
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration OVER = Duration.ZERO;

    private Payments payments;

    /** Returns a record without payments, which refuses no write. */
    protected abstract Payments payments();

    /** Sets the record's clock back. */
    protected abstract void setClockBack(Duration by);

    /** Makes the record refuse every write of a payment in this state. */
    protected abstract void refuse(State state);

    /** Ids of the movements that are booked for the order. */
    protected abstract List<String> booked(OrderId order);

    @BeforeEach
    void empty() {
        payments = payments();
    }

    @Test
    void beginsAChargeOnceAndThenKnowsIt() {
        var held = begun(order(), LONG);
        assertThat(held.state()).isEqualTo(State.PENDING);
        assertThat(held.amount()).isEqualTo(AMOUNT);
        assertThat(held.attempt()).isEqualTo(1);
        assertThat(held.firstSentAt()).isNotNull().isEqualTo(held.lastSentAt());

        assertThat(payments.begin(held.key(), AMOUNT, TOKEN, true, LONG)).isEqualTo(new Known(held));
        assertThat(payments.find(held.orderId())).contains(held);
        assertThat(payments.find(order())).isEmpty();
    }

    @Test
    void anotherAmountOrCardContradictsEvenWhenTheCardIsErased() {
        var held = begun(order(), LONG);
        payments.record(held, Outcome.captured(List.of(movement(held, Movement.Kind.CAPTURE))));
        assertThat(List.of(
                        payments.begin(held.key(), new Money(2000, "EUR"), TOKEN, true, LONG),
                        payments.begin(held.key(), new Money(1999, "USD"), TOKEN, true, LONG),
                        payments.begin(held.key(), AMOUNT, new CardToken("tok_other"), true, LONG)))
                .allMatch(Contradicted.class::isInstance);
        assertThat(payments.begin(held.key(), AMOUNT, TOKEN, true, LONG)).isInstanceOf(Known.class);
    }

    @Test
    void aVoidTakesOverWhoeverHoldsThePaymentAndStandsWithoutOne() {
        var held = begun(order(), LONG);
        var voiding = payments.beginVoid(held.key(), LONG).orElseThrow();
        assertThat(voiding.state()).isEqualTo(State.VOIDING);
        assertThat(voiding.attempt()).isEqualTo(2);
        assertThat(payments.record(held, Outcome.declined(DeclineReason.CARD_DECLINED)))
                .isEmpty();
        assertThat(payments.beginVoid(held.key(), LONG)).isEmpty();

        var unheardOf = key(order());
        var tombstone = payments.beginVoid(unheardOf, LONG).orElseThrow();
        assertThat(tombstone.amount()).isNull();
        assertThat(payments.begin(unheardOf, AMOUNT, TOKEN, true, LONG)).isEqualTo(new Known(tombstone));
    }

    @Test
    void aCapturedPaymentCanBeVoidedADeclinedOneNeedNot() {
        var captured = begun(order(), LONG);
        payments.record(captured, Outcome.captured(List.of(movement(captured, Movement.Kind.CAPTURE))));
        assertThat(payments.beginVoid(captured.key(), LONG)).isPresent();

        var declined = begun(order(), LONG);
        payments.record(declined, Outcome.declined(DeclineReason.INSUFFICIENT_FUNDS));
        assertThat(payments.beginVoid(declined.key(), LONG)).isEmpty();
        assertThat(payments.find(declined.orderId()).orElseThrow().declineReason())
                .isEqualTo(DeclineReason.INSUFFICIENT_FUNDS);
    }

    @Test
    void leavesAPaymentToItsHolderUntilTheLeaseEnds() {
        var held = begun(order(), Duration.ofMillis(300));
        assertThat(payments.claimDue("sandbox", 10, LONG)).isEmpty();
        var claimed = Awaitility.await()
                .atMost(5, TimeUnit.SECONDS)
                .until(() -> payments.claimDue("sandbox", 10, LONG), due -> !due.isEmpty());
        assertThat(claimed).hasSize(1);
        assertThat(claimed.getFirst().attempt()).isEqualTo(2);

        assertThat(payments.record(held, Outcome.declined(DeclineReason.CARD_DECLINED)))
                .isEmpty();
        assertThat(payments.postpone(held, OVER, false)).isEmpty();
        assertThat(payments.markSent(held)).isEmpty();
        assertThat(payments.record(claimed.getFirst(), Outcome.declined(DeclineReason.CARD_DECLINED)))
                .isPresent();
        assertThat(payments.claimDue("sandbox", 10, LONG)).isEmpty();
    }

    @Test
    void claimsNoMoreThanAskedAndOnlyItsOwnAcquirers() {
        for (var i = 0; i < 3; i++) {
            begun(order(), OVER);
        }
        payments.begin(new AcquirerKey("other", order()), AMOUNT, TOKEN, true, OVER);
        assertThat(payments.claimDue("sandbox", 2, LONG)).hasSize(2);
        assertThat(payments.claimDue("sandbox", 2, LONG)).hasSize(1);
        assertThat(payments.claimDue("sandbox", 2, LONG)).isEmpty();
    }

    @Test
    void anUnreconciledPaymentRestsAndIsTakenOverOrVoided() {
        var held = begun(order(), LONG);
        var capture = movement(held, Movement.Kind.CAPTURE);
        var unreconciled = payments.record(held, Outcome.unreconciled(List.of(capture), LONG))
                .orElseThrow();
        assertThat(unreconciled.state()).isEqualTo(State.UNRECONCILED);
        assertThat(unreconciled.voidWanted()).isFalse();
        assertThat(payments.claimDue("sandbox", 10, LONG)).isEmpty();
        assertThat(payments.unreconciled()).isEqualTo(1);
        assertThat(payments.record(unreconciled, Outcome.unreconciled(List.of(capture), OVER)))
                .isPresent();
        assertThat(payments.claimDue("sandbox", 10, OVER)).hasSize(1);

        var voiding = payments.beginVoid(held.key(), LONG).orElseThrow();
        assertThat(voiding.voidWanted()).isTrue();
        assertThat(payments.record(voiding, Outcome.unreconciled(List.of(), OVER))
                        .orElseThrow()
                        .voidWanted())
                .isTrue();
        assertThat(payments.unreconciled()).isEqualTo(1);
    }

    @Test
    void handsBackOnlyWhatIsStillHeld() {
        var held = begun(order(), LONG);
        var recorded = begun(order(), LONG);
        payments.record(recorded, Outcome.declined(DeclineReason.CARD_DECLINED));
        var overtaken = begun(order(), LONG);
        payments.beginVoid(overtaken.key(), LONG);
        assertThat(payments.handBack(List.of(held, recorded, overtaken))).isEqualTo(1);
        assertThat(payments.claimDue("sandbox", 10, LONG))
                .singleElement()
                .extracting(Payment::orderId)
                .isEqualTo(held.orderId());
    }

    @Test
    void clearsOnlyTheMarkOfASendThatCertainlyWasNone() {
        var held = begun(order(), LONG);
        var cleared = payments.postpone(held, OVER, true).orElseThrow();
        assertThat(cleared.firstSentAt()).isNull();
        assertThat(cleared.lastSentAt()).isNull();

        var again = payments.claimDue("sandbox", 1, OVER).getFirst();
        assertThat(payments.markSent(again)).contains(TOKEN);
        var ambiguous = payments.postpone(again, OVER, false).orElseThrow();
        assertThat(ambiguous.firstSentAt()).isNotNull();

        var last = payments.claimDue("sandbox", 1, OVER).getFirst();
        assertThat(payments.markSent(last)).contains(TOKEN);
        var still = payments.postpone(last, OVER, true).orElseThrow();
        assertThat(still.firstSentAt()).as("the ambiguous send stays uncleared").isEqualTo(ambiguous.firstSentAt());
    }

    @Test
    void recordsAChargeThatIsNotToBeSentAsNotSent() {
        var begun = (Begun) payments.begin(key(order()), AMOUNT, TOKEN, false, LONG);
        assertThat(begun.held().firstSentAt()).isNull();
    }

    @Test
    void booksEachMovementOnce() {
        var held = begun(order(), LONG);
        var capture = movement(held, Movement.Kind.CAPTURE);
        payments.record(held, Outcome.captured(List.of(capture)));
        assertThat(booked(held.orderId())).containsExactly(capture.id());

        var voiding = payments.beginVoid(held.key(), LONG).orElseThrow();
        var undone = movement(held, Movement.Kind.VOID);
        assertThat(payments.record(voiding, Outcome.voided(List.of(capture, undone))))
                .hasValueSatisfying(recorded -> assertThat(recorded.state()).isEqualTo(State.VOIDED));
        assertThat(booked(held.orderId())).containsExactlyInAnyOrder(capture.id(), undone.id());

        payments.record(voiding, Outcome.voided(List.of(movement(held, Movement.Kind.CAPTURE))));
        assertThat(booked(held.orderId()))
                .as("a holder that was overtaken books nothing")
                .hasSize(2);
    }

    @Test
    void moneyThatIsBookedIsNotUndoneBecauseTheAcquirerForgotIt() {
        for (var undone : List.of(Outcome.voided(List.of()), Outcome.refunded(List.of()))) {
            var held = begun(order(), LONG);
            payments.record(held, Outcome.captured(List.of(movement(held, Movement.Kind.CAPTURE))));
            var voiding = payments.beginVoid(held.key(), LONG).orElseThrow();
            assertThat(payments.record(voiding, undone).orElseThrow().state()).isEqualTo(State.UNRECONCILED);
            assertThat(payments.claimDue("sandbox", 10, LONG)).as("it rests").isEmpty();
        }
    }

    @Test
    void aRefusedWriteChangesNothingAndIsCounted() {
        var held = begun(order(), LONG);
        refuse(State.CAPTURED);
        var capture = movement(held, Movement.Kind.CAPTURE);
        assertThatThrownBy(() -> payments.record(held, Outcome.captured(List.of(capture))))
                .isInstanceOf(WriteRefused.class);
        assertThat(payments.find(held.orderId())).contains(held);
        assertThat(booked(held.orderId())).isEmpty();
        assertThat(payments.writesRefused()).isEqualTo(1);
    }

    @Test
    void goesOnWhenTheClockIsSetBack() {
        var key = key(order());
        payments.begin(key, AMOUNT, TOKEN, true, LONG);
        setClockBack(Duration.ofHours(3));

        var held = payments.claimDue("sandbox", 1, LONG).getFirst();
        assertThat(payments.markSent(held)).isPresent();
        var again = payments.find(key.orderId()).orElseThrow();
        assertThat(again.lastSentAt()).isBefore(again.firstSentAt());
        var postponed = payments.postpone(held, OVER, true).orElseThrow();
        assertThat(postponed.firstSentAt()).as("the first send stays uncleared").isNotNull();

        setClockBack(Duration.ofHours(3));
        held = payments.claimDue("sandbox", 1, LONG).getFirst();
        assertThat(payments.markSent(held)).isPresent();
        assertThat(payments.beginVoid(key, LONG)).isPresent();
        setClockBack(Duration.ofHours(3));
        assertThat(payments.claimDue("sandbox", 1, LONG)).hasSize(1);
    }

    private Payment begun(OrderId order, Duration lease) {
        return switch (payments.begin(key(order), AMOUNT, TOKEN, true, lease)) {
            case Begun(var held) -> held;
            case Beginning other -> throw new AssertionError(other);
        };
    }

    private static AcquirerKey key(OrderId order) {
        return new AcquirerKey("sandbox", order);
    }

    private static Movement movement(Payment payment, Movement.Kind kind) {
        return new Movement(UUID.randomUUID().toString(), payment.orderId().value(), kind, AMOUNT, Instant.now());
    }
}
