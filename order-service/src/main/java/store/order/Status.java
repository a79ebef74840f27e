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
    /** Only an operator moves it on: a peer contradicted the record, the row cannot be read, or the database refuses its write. Not an end. */
    NEEDS_ATTENTION;

    /** Whether the order never changes again. */
    public boolean isFinal() {
        return switch (this) {
            case CONFIRMED, REJECTED, DECLINED, CANCELLED -> true;
            case PENDING, CANCELLING, NEEDS_ATTENTION -> false;
        };
    }
}
