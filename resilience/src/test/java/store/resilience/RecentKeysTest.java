package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentKeysTest {

    @Test
    void aKeyIsNewOnceUntilItIsForgotten() {
        var keys = new RecentKeys<String>(2);
        assertThat(keys.add("a")).isTrue();
        assertThat(keys.add("a")).isFalse();
        assertThat(keys.add("b")).isTrue();
        assertThat(keys.add("c")).isTrue();
        assertThat(keys.add("b")).isFalse();
        assertThat(keys.add("a")).as("the oldest was forgotten").isTrue();
    }
}
