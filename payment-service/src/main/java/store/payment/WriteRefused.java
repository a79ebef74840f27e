package store.payment;

/**
 * The record refuses a write: a defect of the program or of the row, not an outage. Nothing was recorded, and a repeat
 * is refused again. The record has logged and counted it.
 */
public final class WriteRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WriteRefused(OrderId orderId, Throwable cause) {
        super("the record refuses a write to payment " + orderId, cause);
    }
}
