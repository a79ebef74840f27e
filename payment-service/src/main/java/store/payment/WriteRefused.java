package store.payment;

/**
 * A rule of the record itself refuses a write: a defect of the program or of the row, not an outage. Nothing was recorded, and asking
 * again is refused again. It has been logged and counted where it happened.
 */
public final class WriteRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WriteRefused(OrderId orderId, Throwable cause) {
        super("the record refuses a write to payment " + orderId, cause);
    }
}
