package store.inventory;

/** Why stock cannot be held for an order. If both reasons hold, UNKNOWN_PRODUCT is reported. */
public enum Refusal {
    UNKNOWN_PRODUCT,
    OUT_OF_STOCK
}
