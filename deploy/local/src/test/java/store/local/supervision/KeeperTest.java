package store.local.supervision;

import static org.assertj.core.api.Assertions.assertThat;
import static store.local.supervision.Keeper.delayAfter;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeeperTest {

    @Test
    void doublesTheDelayWithEachFailedStartUpToABound() {
        Duration second = Duration.ofSeconds(1);
        assertThat(delayAfter(0, second)).isEqualTo(second);
        assertThat(delayAfter(1, second)).isEqualTo(Duration.ofSeconds(2));
        assertThat(delayAfter(3, second)).isEqualTo(Duration.ofSeconds(8));
        assertThat(delayAfter(4, second)).isEqualTo(Keeper.LONGEST_DELAY);
        assertThat(delayAfter(1_000_000, second)).isEqualTo(Keeper.LONGEST_DELAY);
    }

    @Test
    void neverShortensALongDelay() {
        assertThat(delayAfter(5, Duration.ofMinutes(1))).isEqualTo(Duration.ofMinutes(1));
    }
}
