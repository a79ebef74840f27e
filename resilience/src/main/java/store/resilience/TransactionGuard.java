package store.resilience;

/**
 * Refuses to go on while a database transaction is open on the calling thread.
 *
 * <p>A remote call inside a transaction holds row locks and a pooled connection for as long as the peer takes, and a
 * rollback cannot undo the call. Every adapter of a peer asks the guard before it calls.
 */
@FunctionalInterface
public interface TransactionGuard {

    /**
     * Returns normally only outside a transaction.
     *
     * @throws CallInsideTransaction if a transaction is open on this thread
     */
    void requireNoTransaction();

    /** The program was about to call a peer from inside a transaction: a defect, never an outcome of the call. */
    final class CallInsideTransaction extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        public CallInsideTransaction() {
            super("a peer must not be called while a database transaction is open on this thread");
        }
    }
}
