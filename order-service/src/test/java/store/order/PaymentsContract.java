package store.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.uuid.Generators;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionOperations;
import store.order.Payments.ChargeOutcome.Captured;
import store.order.Payments.ChargeOutcome.Contradiction;
import store.order.Payments.ChargeOutcome.Declined;
import store.order.Payments.ChargeOutcome.Unknown;
import store.order.Payments.ChargeOutcome.Withdrawn;
import store.order.Payments.VoidOutcome.Voided;
import store.resilience.TransactionGuard.CallInsideTransaction;

/** The contract of every adapter of {@link Payments}. The owner and its acquirer are real. */
public interface PaymentsContract {

    Money AMOUNT = new Money(1999, "EUR");
    Duration BOUND = Duration.ofSeconds(15);

    Payments payments();

    /** Transactions of the kind that the adapter must refuse to run in. */
    TransactionOperations transactions();

    @Test
    default void capturesAndRepeatsItsAnswer() {
        var order = order();
        assertThat(payments().charge(order, AMOUNT, new CardToken("tok_visa"))).isEqualTo(new Captured());
        assertThat(payments().charge(order, AMOUNT, new CardToken("tok_visa"))).isEqualTo(new Captured());
    }

    @Test
    default void declinesWithTheReason() {
        assertThat(payments().charge(order(), AMOUNT, new CardToken("tok_declined")))
                .isEqualTo(new Declined(Reason.CARD_DECLINED));
        assertThat(payments().charge(order(), AMOUNT, new CardToken("tok_insufficient_funds")))
                .isEqualTo(new Declined(Reason.INSUFFICIENT_FUNDS));
    }

    @Test
    default void anAmbiguousChargeIsUnknownUntilItIsResolved() {
        var order = order();
        assertThat(payments().charge(order, AMOUNT, new CardToken("tok_silent")))
                .isInstanceOf(Unknown.class);
        await().atMost(BOUND)
                .until(() -> payments().charge(order, AMOUNT, new CardToken("tok_silent")), new Captured()::equals);
    }

    @Test
    default void voidsACapture() {
        var order = order();
        payments().charge(order, AMOUNT, new CardToken("tok_visa"));
        await().atMost(BOUND).until(() -> payments().voidCharge(order), new Voided()::equals);
        assertThat(payments().charge(order, AMOUNT, new CardToken("tok_visa"))).isEqualTo(new Withdrawn());
    }

    @Test
    default void aChargeThatArrivesAfterItsVoidIsWithdrawn() {
        var order = order();
        await().atMost(BOUND).until(() -> payments().voidCharge(order), new Voided()::equals);
        assertThat(payments().charge(order, AMOUNT, new CardToken("tok_visa"))).isEqualTo(new Withdrawn());
    }

    @Test
    default void anotherAmountForTheSameOrderIsAContradiction() {
        var order = order();
        payments().charge(order, AMOUNT, new CardToken("tok_visa"));
        assertThat(payments().charge(order, new Money(1, "EUR"), new CardToken("tok_visa")))
                .isInstanceOf(Contradiction.class);
    }

    @Test
    default void refusesToRunInsideATransaction() {
        var order = order();
        assertThatThrownBy(() -> transactions()
                        .executeWithoutResult(_ -> payments().charge(order, AMOUNT, new CardToken("tok_visa"))))
                .isInstanceOf(CallInsideTransaction.class);
        assertThatThrownBy(() ->
                        transactions().executeWithoutResult(_ -> payments().voidCharge(order)))
                .isInstanceOf(CallInsideTransaction.class);
    }

    /** A payment's age counts from its order's id, so the id needs the current time. */
    private static OrderId order() {
        return new OrderId(Generators.timeBasedEpochGenerator().generate());
    }
}
