package store.payment;

import java.time.Duration;
import java.util.List;
import store.payment.Payment.State;

class InMemoryPaymentsTest extends PaymentsContract {

    private final ShiftedTime time = new ShiftedTime();
    private final InMemoryPayments payments = new InMemoryPayments(time);

    @Override
    protected Payments payments() {
        return payments;
    }

    @Override
    protected void setClockBack(Duration by) {
        time.advance(by.negated());
    }

    @Override
    protected void refuse(State state) {
        payments.refuse(payment -> payment.state() == state);
    }

    @Override
    protected List<String> booked(OrderId order) {
        return payments.booked(order).stream().map(Movement::id).toList();
    }
}
