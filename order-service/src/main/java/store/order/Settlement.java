package store.order;

/** What remains to be done at inventory once an order's fate is decided. */
public enum Settlement {
    COMMIT,
    RELEASE
}
