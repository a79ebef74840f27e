package store.payment;

/**
 * Makes sure that nothing stays captured for an order, whether it was charged, is being charged, or will be.
 *
 * <p>The decision is committed before the acquirer hears of it; it also stands where no charge has been recorded (a
 * tombstone), and the acquirer is told all the same, because a row may have been lost.
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
     * Voids the order's payment, or reports how far that has come. Must be called outside a transaction.
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
        var payment = begun.filter(held -> held.key().equals(key)) // who calls another acquirer resolves its payments
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

    /** How far a void has come. VOIDED, REFUNDED and DECLINED acknowledge it: nothing is captured, and nothing will be. */
    public enum Outcome {
        /** Decided; it is brought to its end without being asked again. */
        VOIDING,
        VOIDED,
        REFUNDED,
        /** There was nothing to void. */
        DECLINED,
        /**
         * What moved for the order is neither nothing nor what was charged, or the record refuses the write. Something may stay
         * captured: a person has to look at it.
         */
        CONTRADICTION
    }
}
