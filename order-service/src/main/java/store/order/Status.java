package store.order;

/** Where an order stands. */
public enum Status {
    /** Acknowledged and not decided; the {@link Reason} says what is awaited. */
    PENDING,
    CONFIRMED,
    REJECTED,
    DECLINED,
    /** Given up; its steps are being undone. It can only end CANCELLED. */
    CANCELLING,
    CANCELLED,
    /** A peer contradicts the record: a dead letter for an operator, not an end. */
    NEEDS_ATTENTION;

    /** Whether the order never changes again. */
    public boolean isFinal() {
        return switch (this) {
            case CONFIRMED, REJECTED, DECLINED, CANCELLED -> true;
            case PENDING, CANCELLING, NEEDS_ATTENTION -> false;
        };
    }
}
