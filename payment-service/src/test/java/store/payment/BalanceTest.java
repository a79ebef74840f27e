package store.payment;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import store.payment.Balance.Standing;
import store.payment.Movement.Kind;

class BalanceTest {

    private static final Money CHARGED = new Money(1999, "EUR");

    @ParameterizedTest
    @CsvSource(nullValues = "none", textBlock = """
        none, NOTHING
        CAPTURE 1999 EUR, CAPTURED
        CAPTURE 1999 EUR; VOID 1999 EUR, VOIDED
        CAPTURE 1999 EUR; REFUND 1999 EUR, REFUNDED
        CAPTURE 1999 EUR; CHARGEBACK 1999 EUR, REFUNDED
        CAPTURE 1999 EUR; REFUND 999 EUR; REFUND 1000 EUR, REFUNDED
        CAPTURE 1999 EUR; REFUND 500 EUR, UNRECONCILED
        CAPTURE 1999 EUR; CHARGEBACK 1999 EUR; VOID 1999 EUR, UNRECONCILED
        CAPTURE 1999 EUR; CHARGEBACK 1999 EUR; REFUND 1999 EUR, UNRECONCILED
        CAPTURE 1999 EUR; CAPTURE 500 EUR; REFUND 500 EUR, UNRECONCILED
        CAPTURE 1999 EUR; CAPTURE 1999 EUR, UNRECONCILED
        CAPTURE 1999 EUR; VOID 1999 EUR; CAPTURE 1999 EUR, UNRECONCILED
        CAPTURE 1999 EUR; VOID 1999 EUR; CAPTURE 500 EUR; REFUND 500 EUR, REFUNDED
        CAPTURE 500 EUR, UNRECONCILED
        CAPTURE 500 EUR; VOID 500 EUR, VOIDED
        CAPTURE 2500 EUR; REFUND 501 EUR, CAPTURED
        CAPTURE 1000 EUR; CAPTURE 999 EUR, UNRECONCILED
        CAPTURE 1999 USD, UNRECONCILED
        CAPTURE 1999 EUR; REFUND 1999 USD, UNRECONCILED
        CAPTURE 1999 EUR; CAPTURE 5 USD; VOID 5 USD, UNRECONCILED
        REFUND 1999 EUR, UNRECONCILED
        """)
    void theSumDecides(@Nullable String movements, Standing standing) {
        assertThat(balance(movements, CHARGED).standing()).isEqualTo(standing);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "none", textBlock = """
        none, NOTHING
        CAPTURE 7 EUR, CAPTURED
        CAPTURE 7 EUR; VOID 7 EUR, VOIDED
        CAPTURE 7 EUR; REFUND 1 EUR, UNRECONCILED
        CAPTURE 7 EUR; CAPTURE 7 EUR, UNRECONCILED
        REFUND 7 EUR, UNRECONCILED
        """)
    void withoutAnAmountOneCaptureAloneStands(@Nullable String movements, Standing standing) {
        assertThat(balance(movements, null).standing()).isEqualTo(standing);
    }

    @Test
    void countsAMovementOnceHoweverOftenItIsTold() {
        var capture = movement("CAPTURE 1999 EUR");
        var undone = movement("VOID 1999 EUR");
        var balance = new Balance(List.of(capture), CHARGED).with(List.of(capture, undone));
        assertThat(balance.movements()).containsExactly(capture, undone);
        assertThat(balance.with(List.of(undone))).isEqualTo(balance);
    }

    @Test
    void namesTheCaptureWithWhatIsLeftOfIt() {
        var capture = movement("CAPTURE 2500 EUR");
        var left = new Balance(List.of(capture, movement("REFUND 501 EUR")), CHARGED).captured();
        assertThat(left.id()).isEqualTo(capture.id());
        assertThat(left.amount()).isEqualTo(CHARGED);
    }

    private static Balance balance(@Nullable String movements, @Nullable Money charged) {
        return new Balance(
                movements == null
                        ? List.of()
                        : Arrays.stream(movements.split("; "))
                                .map(BalanceTest::movement)
                                .toList(),
                charged);
    }

    private static Movement movement(String text) {
        var words = text.split(" ");
        return new Movement(
                UUID.randomUUID().toString(),
                new UUID(0, 0),
                Kind.valueOf(words[0]),
                new Money(Long.parseLong(words[1]), words[2]),
                Instant.EPOCH);
    }
}
