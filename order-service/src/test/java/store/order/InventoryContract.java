package store.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionOperations;
import store.order.Inventory.ReservationOutcome.Contradiction;
import store.order.Inventory.ReservationOutcome.Held;
import store.order.Inventory.ReservationOutcome.Refused;
import store.order.Inventory.ReservationOutcome.Withdrawn;
import store.order.Inventory.SettlementOutcome;
import store.order.Inventory.SettlementOutcome.Settled;
import store.resilience.TransactionGuard.CallInsideTransaction;

/** The contract of every adapter of {@link Inventory}. The owner is real and freshly seeded. */
public interface InventoryContract {

    Inventory inventory();

    /** Transactions of the kind that the adapter must refuse to run in. */
    TransactionOperations transactions();

    @Test
    default void holdsWithNamesAndPricesAndRepeatsItsAnswer() {
        var order = new OrderId(UUID.randomUUID());
        var lines = List.of(OrderLine.of("sku-001", 2));
        var held = inventory().reserve(order, lines);
        assertThat(held)
                .isEqualTo(new Held(List.of(new OrderLine("sku-001", 2, "Espresso Cup", new Money(690, "EUR")))));
        assertThat(inventory().reserve(order, lines)).isEqualTo(held);
        assertThat(inventory().commit(order)).isEqualTo(new Settled());
        assertThat(inventory().commit(order)).isEqualTo(new Settled());
        assertThat(inventory().release(order)).isInstanceOf(SettlementOutcome.Contradiction.class);
    }

    @Test
    default void refusesWithTheReason() {
        assertThat(inventory().reserve(new OrderId(UUID.randomUUID()), List.of(OrderLine.of("sku-000", 1))))
                .isEqualTo(new Refused(Reason.UNKNOWN_PRODUCT));
        assertThat(inventory().reserve(new OrderId(UUID.randomUUID()), List.of(OrderLine.of("sku-050", 100_000))))
                .isEqualTo(new Refused(Reason.OUT_OF_STOCK));
    }

    @Test
    default void aReserveThatArrivesAfterItsReleaseIsWithdrawn() {
        var order = new OrderId(UUID.randomUUID());
        assertThat(inventory().release(order)).isEqualTo(new Settled());
        assertThat(inventory().reserve(order, List.of(OrderLine.of("sku-001", 1))))
                .isEqualTo(new Withdrawn());
        assertThat(inventory().commit(order)).isInstanceOf(SettlementOutcome.Contradiction.class);
    }

    @Test
    default void otherLinesForTheSameOrderAreAContradiction() {
        var order = new OrderId(UUID.randomUUID());
        inventory().reserve(order, List.of(OrderLine.of("sku-001", 1)));
        assertThat(inventory().reserve(order, List.of(OrderLine.of("sku-001", 2))))
                .isInstanceOf(Contradiction.class);
    }

    @Test
    default void refusesToRunInsideATransaction() {
        var order = new OrderId(UUID.randomUUID());
        assertThatThrownBy(() -> transactions()
                        .executeWithoutResult(_ -> inventory().reserve(order, List.of(OrderLine.of("sku-001", 1)))))
                .isInstanceOf(CallInsideTransaction.class);
        assertThatThrownBy(() ->
                        transactions().executeWithoutResult(_ -> inventory().commit(order)))
                .isInstanceOf(CallInsideTransaction.class);
        assertThatThrownBy(() ->
                        transactions().executeWithoutResult(_ -> inventory().release(order)))
                .isInstanceOf(CallInsideTransaction.class);
    }
}
