package store.resilience.spring;

import org.springframework.transaction.support.TransactionSynchronizationManager;
import store.resilience.TransactionGuard;

/** Knows the transactions that Spring has open on this thread. */
public final class SpringTransactionGuard implements TransactionGuard {

    @Override
    public void requireNoTransaction() {
        if (TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new CallInsideTransaction();
        }
    }
}
