package store.monolith;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import store.chaos.CheckoutContract;
import store.chaos.StartedStore;
import store.chaos.StoreApiContract;

/** What is asked of either build, asked of the one process that runs from its executable jar. */
class MonolithIT {

    private static StartedStore store;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("monolith", 10_000);
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
            return List.of("monolith", "acquirer-sandbox", "monolith-db");
        }
    }
}
