package store.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import store.payment.Payment.State;
import store.payment.Payments.Outcome;

class ValuesTest {

    @ParameterizedTest
    @CsvSource({"0,EUR", "-1,EUR", "1000000000000,EUR", "1,eur", "1,XX", "1,ABCD"})
    void refusesMoneyThatIsNone(long amount, String currency) {
        assertThatThrownBy(() -> new Money(amount, currency)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsTheAgeOfAnOrderFromItsId() {
        assertThat(OrderId.of("0190163d-8694-739b-aea5-966c26f8ad90").createdAt())
                .isEqualTo(Instant.ofEpochMilli(0x0190163d8694L));
        assertThatThrownBy(() -> new OrderId(UUID.randomUUID())).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "4111 1111 1111 1111", "tok_ü", "tok\n"})
    void refusesATokenWithoutRepeatingIt(String value) {
        assertThatThrownBy(() -> new CardToken(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a card token is 1 to 255 visible ASCII characters");
    }

    @Test
    void hidesTheTokenInText() {
        assertThat("" + new CardToken("tok_secret")).doesNotContain("tok_secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "ä"})
    void refusesAnAcquirerWhoseNameDoesNotFitAnAddress(String name) {
        assertThatThrownBy(() -> new AcquirerKey(name, Orders.order())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesNegativeTimes() {
        var second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new AttemptSettings(second, second, second.negated(), second, second))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAnOutcomeThatIsNone() {
        for (var state : State.values()) {
            var reason = state == State.DECLINED ? null : DeclineReason.CARD_DECLINED;
            assertThatThrownBy(() -> new Outcome(state, reason, List.of(), Duration.ZERO))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new Outcome(State.PENDING, null, List.of(), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Outcome.unreconciled(List.of(), Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void derivesTheKeyFromAcquirerAndOrder() {
        var order = OrderId.of("0190163d-8694-739b-aea5-966c26f8ad90");
        assertThat(new AcquirerKey("sandbox", order)).hasToString("sandbox-0190163d-8694-739b-aea5-966c26f8ad90");
    }
}
