package store.payment;

import java.time.InstantSource;
import store.resilience.spring.SpringTransactionGuard;

class InMemoryAcquirerTest extends AcquirerContract {

    private final InMemoryAcquirer acquirer =
            new InMemoryAcquirer(InstantSource.system(), new SpringTransactionGuard());

    @Override
    protected Acquirer acquirer() {
        return acquirer;
    }
}
