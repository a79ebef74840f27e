package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import store.payment.Payment.State;

class PaymentTest {

    private static final Duration TRUST = Duration.ofHours(20);
    private static final Duration QUIET = Duration.ofHours(1);

    private final Instant now = Instant.now();

    @Test
    void outlivesItsKeyByTheOrdersAgeEvenIfNoSendIsRemembered() {
        assertThat(payment(Duration.ofHours(21), null, null).outlives(TRUST, now))
                .isTrue();
        assertThat(payment(Duration.ofHours(19), null, null).outlives(TRUST, now))
                .isFalse();
    }

    @Test
    void outlivesItsKeyByTheFirstSendEvenIfTheOrdersClockWasAhead() {
        var sent = now.minus(Duration.ofHours(21));
        assertThat(payment(Duration.ZERO, sent, now).outlives(TRUST, now)).isTrue();
    }

    @Test
    void isQuietAnHourAfterTheLastSendNotTheFirst() {
        var first = now.minus(Duration.ofHours(21));
        assertThat(payment(Duration.ofHours(21), first, now.minus(Duration.ofMinutes(59)))
                        .isQuiet(QUIET, now))
                .isFalse();
        assertThat(payment(Duration.ofHours(21), first, now.minus(Duration.ofMinutes(61)))
                        .isQuiet(QUIET, now))
                .isTrue();
    }

    @Test
    void isNotQuietYetIfItsRowIsNewBecauseAnOlderOneMayHaveSent() {
        assertThat(payment(Duration.ofHours(21), null, null).isQuiet(QUIET, now))
                .isFalse();
        assertThat(payment(Duration.ofHours(21), null, null).isQuiet(QUIET, now.plus(Duration.ofMinutes(61))))
                .isTrue();
    }

    @Test
    void refusesWhatNoPaymentIs() {
        var amount = new Money(100, "EUR");
        var reason = DeclineReason.CARD_DECLINED;
        assertImpossible(() -> payment(State.PENDING, null, null, now, now, false, 1));
        assertImpossible(() -> payment(State.DECLINED, amount, null, now, now, false, 1));
        assertImpossible(() -> payment(State.CAPTURED, amount, reason, now, now, false, 1));
        assertImpossible(() -> payment(State.PENDING, amount, null, now, null, false, 1));
        assertImpossible(() -> payment(State.PENDING, amount, null, null, now, false, 1));
        assertImpossible(() -> payment(State.CAPTURED, amount, null, now, now, true, 1));
        assertImpossible(() -> payment(State.PENDING, amount, null, now, now, false, 0));
    }

    private static void assertImpossible(ThrowingCallable payment) {
        assertThatThrownBy(payment).isInstanceOf(IllegalArgumentException.class);
    }

    private Payment payment(
            State state,
            @Nullable Money amount,
            @Nullable DeclineReason reason,
            @Nullable Instant firstSent,
            @Nullable Instant lastSent,
            boolean voidWanted,
            long attempt) {
        var key = new AcquirerKey("sandbox", Orders.order());
        return new Payment(key, state, amount, reason, firstSent, lastSent, voidWanted, now, attempt);
    }

    private Payment payment(Duration orderAge, @Nullable Instant firstSent, @Nullable Instant lastSent) {
        return new Payment(
                new AcquirerKey("sandbox", Orders.orderOfAge(orderAge)),
                State.PENDING,
                new Money(100, "EUR"),
                null,
                firstSent,
                lastSent,
                false,
                now,
                1);
    }
}
