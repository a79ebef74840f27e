package store.payment;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import store.payment.Payment.State;

class HeldPaymentsTest {

    private final AtomicLong nanos = new AtomicLong();
    private final HeldPayments held = new HeldPayments(Duration.ofSeconds(5), nanos::get);

    @Test
    void knowsWhatIsHeldUntilItIsRecorded() {
        var one = payment();
        var other = payment();
        held.add(one);
        held.add(other);
        held.remove(one);
        assertThat(held.all()).containsExactly(other);
    }

    @Test
    void forgetsWhatFailedWhenItsLeaseIsOver() {
        var one = payment();
        var other = payment();
        held.add(one);
        held.add(other);
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        held.add(one);
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThat(held.all()).containsExactly(one);
    }

    private static Payment payment() {
        return new Payment(
                new AcquirerKey("sandbox", Orders.order()),
                State.PENDING,
                new Money(1, "EUR"),
                null,
                null,
                null,
                false,
                Instant.EPOCH,
                1);
    }
}
