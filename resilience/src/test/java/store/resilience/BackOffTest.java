package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackOffTest {

    private final BackOff backOff = new BackOff(Duration.ofMillis(500), Duration.ofSeconds(20), new Random(1));

    @ParameterizedTest
    @CsvSource({"0, 250, 500", "1, 500, 1000", "5, 8000, 16000", "6, 10000, 20000", "1000, 10000, 20000"})
    void doublesUpToItsBoundLessUpToAHalf(int attempts, long fromMillis, long toMillis) {
        for (var i = 0; i < 1000; i++) {
            assertThat(backOff.after(attempts)).isBetween(Duration.ofMillis(fromMillis), Duration.ofMillis(toMillis));
        }
    }

    @Test
    void spreadsAttemptsThatFailedTogether() {
        var waits = IntStream.range(0, 100).mapToObj(_ -> backOff.after(6)).distinct();
        assertThat(waits).hasSizeGreaterThan(90);
    }

    @Test
    void refusesToNotWait() {
        assertThatThrownBy(() -> new BackOff(Duration.ZERO, Duration.ofSeconds(1), new Random(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BackOff(Duration.ofSeconds(2), Duration.ofSeconds(1), new Random(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
