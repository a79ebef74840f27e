package store.order.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {

    /** Near the end of its range, because a JVM's nano clock may start anywhere and overflow. */
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - TimeUnit.MILLISECONDS.toNanos(30));

    private final Pace pace = new Pace(50, clock::get);

    @Test
    void spacesTurnsEvenlyWhoeverTakesThem() {
        for (var turn = 0; turn < 100; turn++) {
            assertThat(millis(pace.nanosToNextTurn())).isEqualTo(turn * 20L);
        }
    }

    @Test
    void savesNothingUpWhileNobodyAsks() {
        pace.nanosToNextTurn();
        clock.addAndGet(TimeUnit.MINUTES.toNanos(10));
        assertThat(pace.nanosToNextTurn()).isZero();
        assertThat(millis(pace.nanosToNextTurn())).isEqualTo(20);
    }

    @Test
    void anInterruptedThreadHasNoTurn() {
        pace.nanosToNextTurn();
        Thread.currentThread().interrupt();
        assertThat(pace.awaitTurn()).isFalse();
        assertThat(Thread.interrupted()).as("the flag is set").isTrue();
    }

    @Test
    void refusesAPaceThatEndsNothing() {
        assertThatThrownBy(() -> new Pace(0, clock::get)).isInstanceOf(IllegalArgumentException.class);
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
