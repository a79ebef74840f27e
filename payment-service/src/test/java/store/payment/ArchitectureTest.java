package store.payment;

import org.junit.jupiter.api.Test;
import store.testing.ServiceRules;

class ArchitectureTest {

    @Test
    void keepsTheShapeOfAService() {
        ServiceRules.check("store.payment");
    }
}
