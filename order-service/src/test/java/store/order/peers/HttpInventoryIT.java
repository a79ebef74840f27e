package store.order.peers;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;
import store.inventory.boot.InventoryServiceApplication;
import store.order.Inventory;
import store.order.InventoryContract;
import store.resilience.PeerClient;

/** The adapter against the real inventory-service. */
class HttpInventoryIT implements InventoryContract {

    private static ConfigurableApplicationContext owner;
    private static PeerClient peer;

    @BeforeAll
    static void startTheOwner() {
        owner = RealOwner.start(InventoryServiceApplication.class, "inventory-service");
        peer = RealOwner.client(owner);
    }

    @AfterAll
    static void stopTheOwner() {
        peer.close();
        owner.close();
    }

    @Override
    public Inventory inventory() {
        return new HttpInventory(peer);
    }

    @Override
    public TransactionOperations transactions() {
        return new TransactionTemplate(owner.getBean(PlatformTransactionManager.class));
    }
}
