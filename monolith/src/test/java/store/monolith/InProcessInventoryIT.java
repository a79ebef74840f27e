package store.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionOperations;
import store.order.Inventory;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.SettlementOutcome;
import store.order.InventoryContract;
import store.order.OrderId;
import store.order.OrderLine;

/** The adapter as the monolith composes it, in front of inventory's real use cases. */
class InProcessInventoryIT implements InventoryContract {

    @Override
    public Inventory inventory() {
        return RunningMonolith.CONTEXT.getBean(Inventory.class);
    }

    @Override
    public TransactionOperations transactions() {
        return RunningMonolith.transactions();
    }

    @Test
    void aDatabaseThatFailsLeavesTheOutcomeUnknown() throws Exception {
        RunningMonolith.withoutConnections(this::assertUnknown);
        RunningMonolith.withoutAccessTo("inventory.reservation", this::assertUnknown);
    }

    @Test
    void aWriteThatAConstraintRefusesIsAContradiction() throws Exception {
        var order = new OrderId(UUID.randomUUID());
        var line = List.of(OrderLine.of("sku-050", 1));
        try (var connection = RunningMonolith.connect();
                var statement = connection.createStatement()) {
            statement.execute(
                    "alter table inventory.stock add constraint planted check (sku <> 'sku-050' or held = 0)");
            assertThat(inventory().reserve(order, line)).isInstanceOf(ReservationOutcome.Contradiction.class);
            statement.execute("alter table inventory.stock drop constraint planted");
            assertThat(inventory().reserve(order, line)).isInstanceOf(ReservationOutcome.Held.class);
            for (var state : List.of("COMMITTED", "RELEASED")) {
                statement.execute("alter table inventory.reservation add constraint planted check (state <> '" + state
                        + "') not valid");
                assertThat(
                                state.equals("COMMITTED")
                                        ? inventory().commit(order)
                                        : inventory().release(order))
                        .isInstanceOf(SettlementOutcome.Contradiction.class);
                statement.execute("alter table inventory.reservation drop constraint planted");
            }
            assertThat(inventory().release(order)).isInstanceOf(SettlementOutcome.Settled.class);
        }
    }

    private void assertUnknown() {
        var order = new OrderId(UUID.randomUUID());
        assertThat(inventory().reserve(order, List.of(OrderLine.of("sku-001", 1))))
                .isInstanceOf(ReservationOutcome.Unknown.class);
        assertThat(inventory().commit(order)).isInstanceOf(SettlementOutcome.Unknown.class);
        assertThat(inventory().release(order)).isInstanceOf(SettlementOutcome.Unknown.class);
    }
}
