package store.payment;

/**
 * Makes sure that nothing stays captured for an order, whether it was charged, is being charged, or will be charged.
 *
 * <p>The decision is committed before the acquirer is asked. It is recorded even without a charge (a tombstone), and
 * the acquirer is asked then, too, because the charge's row may have been lost.
 */
public final class VoidPayment {

    private final Payments payments;
    private final Acquirer acquirer;
    private final Attempts attempts;
    private final AttemptSettings settings;

    public VoidPayment(Payments payments, Acquirer acquirer, Attempts attempts, AttemptSettings settings) {
        this.payments = payments;
        this.acquirer = acquirer;
        this.attempts = attempts;
        this.settings = settings;
    }

    /**
     * Voids the order's payment, or reports the state of its void. Must be called outside a transaction.
     *
     * @throws org.springframework.dao.DataAccessException if the database does not answer: the outcome is not known
     */
    public Outcome undo(OrderId orderId) {
        try {
            return undoOrReport(orderId);
        } catch (WriteRefused _) {
            return Outcome.CONTRADICTION;
        }
    }

    private Outcome undoOrReport(OrderId orderId) {
        var key = new AcquirerKey(acquirer.name(), orderId);
        var begun = payments.beginVoid(key, settings.lease());
        begun.ifPresent(StateChanges::log);
        var payment = begun.filter(held -> held.key().equals(key)) // another acquirer's instances resolve its payments
                .map(attempts::undo)
                .orElseGet(() -> payments.find(orderId).orElseThrow());
        return switch (payment.state()) {
            case VOIDING -> Outcome.VOIDING;
            case VOIDED -> Outcome.VOIDED;
            case REFUNDED -> Outcome.REFUNDED;
            case DECLINED -> Outcome.DECLINED;
            case UNRECONCILED -> Outcome.CONTRADICTION;
            case PENDING, CAPTURED ->
                throw new IllegalStateException("payment " + orderId + " is " + payment.state() + " after its void");
        };
    }

    /** The state of a void. VOIDED, REFUNDED and DECLINED acknowledge it: nothing is captured, and nothing will be. */
    public enum Outcome {
        /** Decided; recovery finishes it without another request. */
        VOIDING,
        VOIDED,
        REFUNDED,
        /** There was nothing to void. */
        DECLINED,
        /**
         * The order's movements add up to neither nothing nor the charged amount, or the record refuses the write.
         * Something may stay captured: a person has to look at it.
         */
        CONTRADICTION
    }
}
