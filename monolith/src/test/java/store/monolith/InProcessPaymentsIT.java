package store.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.uuid.Generators;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionOperations;
import store.order.CardToken;
import store.order.OrderId;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;
import store.order.PaymentsContract;

/** The adapter as the monolith composes it, in front of payment's real use cases and the real sandbox. */
class InProcessPaymentsIT implements PaymentsContract {

    @Override
    public Payments payments() {
        return RunningMonolith.CONTEXT.getBean(Payments.class);
    }

    @Override
    public TransactionOperations transactions() {
        return RunningMonolith.transactions();
    }

    @Test
    void aDatabaseThatFailsLeavesTheOutcomeUnknown() throws Exception {
        RunningMonolith.withoutConnections(this::assertUnknown);
        RunningMonolith.withoutAccessTo("payments.payment", this::assertUnknown);
    }

    private void assertUnknown() {
        var order = new OrderId(Generators.timeBasedEpochGenerator().generate());
        assertThat(payments().charge(order, AMOUNT, new CardToken("tok_visa")))
                .isInstanceOf(ChargeOutcome.Unknown.class);
        assertThat(payments().voidCharge(order)).isInstanceOf(VoidOutcome.Unknown.class);
    }
}
