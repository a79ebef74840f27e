package store.chaos;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** What is asked of either build, asked of the services. */
class ServicesIT {

    private static StartedStore store;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 10_000);
        store.makeScarce("sku-050");
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @Nested
    class Api extends StoreApiContract {
        @Override
        protected URI store() {
            return store.gateway();
        }
    }

    @Nested
    class Checkout extends CheckoutContract {
        @Override
        protected StartedStore store() {
            return store;
        }

        @Override
        protected List<String> victims() {
            return List.of("payment-service", "order-service", "acquirer-sandbox", "order-db", "inventory-service");
        }
    }
}
