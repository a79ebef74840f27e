package store.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class AmountTest {

    @Test
    void readsTimes() {
        assertThat(Amount.time("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(Amount.time("1s")).isEqualTo(Duration.ofSeconds(1));
        assertThat(Amount.time("24h")).isEqualTo(Duration.ofDays(1));
    }

    /** A fault of no length must not last for ever. */
    @ParameterizedTest
    @ValueSource(strings = {"0s", "0ms", "-1s", "-200ms", "25h", "9999999999999999h", "soon", "10", ""})
    void refusesATimeThatAFaultCannotLast(String text) {
        assertThatThrownBy(() -> Amount.time(text)).isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "100", "-20", "20%", "200ms"})
    void refusesANumberThatIsNoPercentage(String text) {
        assertThatThrownBy(() -> new Amount(text).percent()).isInstanceOf(TypeConversionException.class);
    }
}
