package store.order;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.support.SimpleTransactionStatus;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import store.order.InMemoryInventory.Product;
import store.resilience.spring.SpringTransactionGuard;

/** The in-memory adapters of the fast tests keep the contracts of the real adapters. */
class InMemoryContractsTest {

    @Nested
    class OrdersInMemory implements OrdersContract {

        private final InMemoryOrders orders = new InMemoryOrders();

        @Override
        public Orders orders() {
            return orders;
        }

        @Override
        public Settlements settlements() {
            return orders.settlements;
        }

        @Override
        public Dossiers dossiers() {
            return orders.dossiers;
        }
    }

    @Nested
    class InventoryInMemory implements InventoryContract {

        private final Inventory inventory = new InMemoryInventory(
                sku -> sku.equals("sku-000") ? null : new Product("Espresso Cup", new Money(690, "EUR"), 1000),
                new SpringTransactionGuard(),
                _ -> {});

        @Override
        public Inventory inventory() {
            return inventory;
        }

        @Override
        public TransactionOperations transactions() {
            return new WithoutDatabase();
        }
    }

    @Nested
    class PaymentsInMemory implements PaymentsContract {

        private final Payments payments = new InMemoryPayments(new SpringTransactionGuard(), _ -> {});

        @Override
        public Payments payments() {
            return payments;
        }

        @Override
        public TransactionOperations transactions() {
            return new WithoutDatabase();
        }
    }

    /** A transaction, as far as the guard can tell. */
    private static final class WithoutDatabase implements TransactionOperations {

        @Override
        public <T extends @Nullable Object> T execute(TransactionCallback<T> work) {
            TransactionSynchronizationManager.setActualTransactionActive(true);
            try {
                return work.doInTransaction(new SimpleTransactionStatus());
            } finally {
                TransactionSynchronizationManager.setActualTransactionActive(false);
            }
        }
    }
}
