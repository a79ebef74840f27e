package store.order.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import store.order.InMemoryInventory;
import store.order.InMemoryInventory.Product;
import store.order.InMemoryInventory.State;
import store.order.InMemorySettlements;
import store.order.Inventory.SettlementOutcome;
import store.order.Money;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Settlement;

/** A settlement stays open until inventory has acknowledged it. */
class CompleteSettlementsTest {

    private final OrderId order = new OrderId(UUID.randomUUID());
    private final List<String> sent = new ArrayList<>();
    private final InMemoryInventory inventory = new InMemoryInventory(
            _ -> new Product("Cup", new Money(1000, "EUR"), 10), () -> {}, request -> sent.add(request.step()));
    private Instant now = Instant.EPOCH;
    private final InMemorySettlements settlements = new InMemorySettlements(() -> now);
    private final CompleteSettlements completeSettlements =
            new CompleteSettlements(settlements, inventory, new Random(1), new Pace(1_000, System::nanoTime));

    @ParameterizedTest(name = "{0}: inventory {1}")
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        COMMIT  | settles    | -       | COMMITTED
        COMMIT  | lost       | COMMIT  | HELD
        COMMIT  | unanswered | COMMIT  | COMMITTED
        COMMIT  | refuses    | COMMIT  | HELD
        RELEASE | settles    | -       | RELEASED
        RELEASE | lost       | RELEASE | HELD
        RELEASE | unanswered | RELEASE | RELEASED
        RELEASE | refuses    | RELEASE | HELD
        """)
    void isOpenUntilInventoryAcknowledges(
            Settlement settlement, String answer, @Nullable Settlement stillOpen, State reservation) {
        open(settlement);
        var step = settlement == Settlement.COMMIT ? inventory.committing : inventory.releasing;
        switch (answer) {
            case "lost" -> step.loseNextRequest();
            case "unanswered" -> step.loseNextAnswer();
            case "refuses" -> step.answerNext(() -> new SettlementOutcome.Contradiction("another order"));
            default -> {}
        }
        completeSettlements.settleFresh(() -> false);

        assertThat(settlements.of(order)).isEqualTo(stillOpen);
        assertThat(inventory.states.get(order)).isEqualTo(reservation);

        now = now.plusSeconds(20);
        completeSettlements.settleLate(() -> false);
        assertThat(settlements.of(order)).as("at the next try").isNull();
    }

    @Test
    void triesAgainLaterAndLater() {
        open(Settlement.COMMIT);
        for (var longest : List.of(500, 1000, 2000, 4000)) {
            inventory.committing.loseNextRequest();
            completeSettlements.settleFresh(() -> false);
            completeSettlements.settleLate(() -> false);
            assertThat(settlements.dueIn(order)).isBetween(Duration.ofMillis(longest / 2), Duration.ofMillis(longest));
            now = now.plusMillis(longest);
        }
    }

    @Test
    void aProcessThatStopsTakesNothingUp() {
        open(Settlement.COMMIT);
        completeSettlements.settleFresh(() -> true);
        completeSettlements.settleLate(() -> true);
        assertThat(sent).containsExactly("reserve");
        assertThat(settlements.dueIn(order)).isZero();
    }

    private void open(Settlement settlement) {
        inventory.reserve(order, List.of(OrderLine.of("cup", 1)));
        settlements.add(order, settlement, true);
    }
}
