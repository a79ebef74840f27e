package store.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import store.chaos.CheckoutContract;
import store.chaos.StartedStore;
import store.chaos.StoreApiContract;

/** The contracts of both builds, run against the one process that is started from its executable jar. */
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

    /**
     * The auditor reads one database with three schemas. It finds the planted fault, which is then undone for the other
     * tests.
     */
    @Test
    void isAuditedLikeTheServices() throws Exception {
        var sold = "update inventory.stock set initial = initial + %1$d, sold = sold + %1$d where sku = 'sku-001'"
                + " returning 1";
        assertThat(store.run("chaos/audit")).as("nothing broken, no journal").isEqualTo(3);
        store.query("inventory", sold.formatted(1));
        assertThat(store.run("chaos/audit")).isEqualTo(1);
        store.query("inventory", sold.formatted(-1));
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
