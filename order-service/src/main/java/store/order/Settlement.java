package store.order;

/** The act that the checkout owes to inventory once an order is decided. */
public enum Settlement {
    COMMIT,
    RELEASE
}
