package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static store.payment.Orders.order;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import store.payment.Acquirer.Captured;
import store.payment.Acquirer.Contradicted;
import store.payment.Acquirer.Declined;
import store.payment.Acquirer.Found;
import store.payment.Acquirer.Page;
import store.payment.Acquirer.Refunded;
import store.payment.Acquirer.Refused;
import store.payment.Acquirer.Undone;
import store.payment.Acquirer.Unknown;
import store.payment.Acquirer.Withdrawn;
import store.resilience.TransactionGuard.CallInsideTransaction;

/** The behaviour of an acquirer that payments rely on. */
public abstract class AcquirerContract {

    private static final Money AMOUNT = new Money(1999, "EUR");
    private static final CardToken VISA = new CardToken("tok_visa");

    protected abstract Acquirer acquirer();

    @Test
    void capturesOnceForEachKey() {
        var key = key();
        var capture = captured(key);
        assertThat(capture.kind()).isEqualTo(Movement.Kind.CAPTURE);
        assertThat(capture.amount()).isEqualTo(AMOUNT);
        assertThat(capture.orderId()).isEqualTo(key.orderId().value());
        assertThat(acquirer().capture(key, AMOUNT, VISA)).isEqualTo(new Captured(capture));
        assertThat(acquirer().movementsOf(key.orderId())).isEqualTo(new Found(List.of(capture)));
    }

    @Test
    void declinesWithAReason() {
        assertThat(acquirer().capture(key(), AMOUNT, new CardToken("tok_insufficient_funds")))
                .isEqualTo(new Declined(DeclineReason.INSUFFICIENT_FUNDS));
        assertThat(acquirer().capture(key(), AMOUNT, new CardToken("tok_nobody_knows")))
                .isEqualTo(new Declined(DeclineReason.CARD_DECLINED));
    }

    @Test
    void namesWhatAVoidUndidAndTurnsLaterCapturesAway() {
        var key = key();
        var capture = captured(key);
        var undone = acquirer().undo(key);
        assertThat(undone)
                .isInstanceOfSatisfying(
                        Undone.class, it -> assertThat(it.movements()).first().isEqualTo(capture));
        assertThat(((Undone) undone).movements().getLast().kind()).isEqualTo(Movement.Kind.VOID);
        assertThat(acquirer().undo(key)).isEqualTo(undone);
        assertThat(acquirer().capture(key, AMOUNT, VISA)).isEqualTo(new Withdrawn());
    }

    @Test
    void takesAVoidForAKeyItHasNotSeen() {
        var key = key();
        assertThat(acquirer().undo(key)).isEqualTo(new Undone(List.of()));
        assertThat(acquirer().capture(key, AMOUNT, VISA)).isEqualTo(new Withdrawn());
        assertThat(acquirer().movementsOf(key.orderId())).isEqualTo(new Found(List.of()));
    }

    @Test
    void refusesAnotherChargeUnderTheSameKey() {
        var key = key();
        captured(key);
        assertThat(acquirer().capture(key, new Money(2000, "EUR"), VISA)).isEqualTo(new Contradicted());
        assertThat(acquirer().capture(key, AMOUNT, new CardToken("tok_other"))).isEqualTo(new Contradicted());
    }

    @Test
    void refundsOnceForEachKey() {
        var key = key();
        var capture = captured(key);
        var refunded = acquirer().refund(key, capture);
        assertThat(refunded)
                .isInstanceOfSatisfying(
                        Refunded.class, it -> assertThat(it.refund().kind()).isEqualTo(Movement.Kind.REFUND));
        assertThat(acquirer().refund(key, capture)).isEqualTo(refunded);
    }

    @Test
    void doesNotRefundWhatWasVoided() {
        var key = key();
        var capture = captured(key);
        acquirer().undo(key);
        assertThat(acquirer().refund(key, capture)).isInstanceOf(Refused.class);
    }

    @Test
    void anAnswerThatNeverComesIsUnknownAndTheKeyTellsWhatHappened() {
        for (var token : List.of("tok_silent", "tok_slow", "tok_unavailable")) {
            var key = key();
            var card = new CardToken(token);
            assertThat(acquirer().capture(key, AMOUNT, card)).as(token).isInstanceOf(Unknown.class);
            var answer = acquirer().capture(key, AMOUNT, card);
            for (var tries = 0; tries < 3 && answer instanceof Unknown; tries++) {
                answer = acquirer().capture(key, AMOUNT, card);
            }
            assertThat(answer).as(token).isInstanceOf(Captured.class);
            assertThat(((Found) acquirer().movementsOf(key.orderId())).movements())
                    .hasSize(1);
        }
    }

    @Test
    void pagesThroughTheStatement() {
        var expected = List.of(
                captured(key()).id(), captured(key()).id(), captured(key()).id());
        var seen = new ArrayList<String>();
        @Nullable String after = null;
        do {
            var page = (Page) acquirer().statement(after, 2);
            assertThat(page.movements()).hasSizeLessThanOrEqualTo(2);
            page.movements().forEach(movement -> seen.add(movement.id()));
            after = page.next();
        } while (after != null);
        assertThat(seen).doesNotHaveDuplicates().containsSubsequence(expected);
    }

    @Test
    void refusesToRunInsideATransaction() {
        TransactionSynchronizationManager.setActualTransactionActive(true);
        try {
            assertThatThrownBy(() -> acquirer().undo(key())).isInstanceOf(CallInsideTransaction.class);
        } finally {
            TransactionSynchronizationManager.setActualTransactionActive(false);
        }
    }

    private Movement captured(AcquirerKey key) {
        return ((Captured) acquirer().capture(key, AMOUNT, VISA)).capture();
    }

    private AcquirerKey key() {
        return new AcquirerKey(acquirer().name(), order());
    }
}
