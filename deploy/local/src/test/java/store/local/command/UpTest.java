package store.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class UpTest {

    private final Up.Time time = new Up.Time();

    @Test
    void readsTimesWithTheirUnits() {
        assertThat(time.convert("1s")).isEqualTo(Duration.ofSeconds(1));
        assertThat(time.convert("1.5s")).isEqualTo(Duration.ofMillis(1500));
        assertThat(time.convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(time.convert("2m")).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void refusesATextThatIsNoTime() {
        assertThatThrownBy(() -> time.convert("soon")).isInstanceOf(TypeConversionException.class);
        assertThatThrownBy(() -> time.convert("xms")).isInstanceOf(TypeConversionException.class);
    }
}
