package store.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import store.inventory.Reservation.State;
import store.inventory.ReservationAnswer.Refused;

class ValuesTest {

    private static final Line LINE = new Line("sku-001", 2);
    private static final HeldLine HELD = new HeldLine("sku-001", "Espresso Cup", 2, new Money(690, "EUR"));

    private final OrderId order = new OrderId(UUID.randomUUID());

    @ParameterizedTest
    @CsvSource({"0, EUR", "-1, EUR", "1, eur", "1, EURO", "1, ''"})
    void refusesMoneyThatIsNone(long amount, String currency) {
        assertThatThrownBy(() -> new Money(amount, currency)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"sku-001, 0", "sku-001, -1", "' ', 1"})
    void refusesALineWithoutGoods(String sku, int quantity) {
        assertThatThrownBy(() -> new Line(sku, quantity)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HeldLine(sku, "Espresso Cup", quantity, HELD.unitPrice()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesFewerPiecesThanNone() {
        assertThatThrownBy(() -> new Product("sku-001", "Espresso Cup", "", HELD.unitPrice(), -1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "none", textBlock = """
        REFUSED,   0, none
        REFUSED,   1, OUT_OF_STOCK
        HELD,      1, OUT_OF_STOCK
        HELD,      0, none
        COMMITTED, 0, none
        RELEASED,  0, none
        WITHDRAWN, 1, none
        WITHDRAWN, 0, OUT_OF_STOCK
        """)
    void refusesAReservationWhoseStateAndContentContradict(State state, int held, @Nullable Refusal refusal) {
        var lines = held == 0 ? List.<HeldLine>of() : List.of(HELD);
        assertThatThrownBy(() -> new Reservation(order, state, List.of(LINE), lines, refusal))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesTwoLinesForOneProduct() {
        var twice = List.of(LINE, new Line("sku-001", 1));
        assertThatThrownBy(() -> Reservation.held(order, twice, List.of(HELD)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void answersARefusalWithItsReason() {
        var lines = List.of(LINE);
        assertThat(Reservation.refused(order, lines, Refusal.UNKNOWN_PRODUCT).answerTo(lines))
                .isEqualTo(new Refused(Refusal.UNKNOWN_PRODUCT));
    }
}
