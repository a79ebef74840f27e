package store.inventory;

/** Why stock cannot be held for an order. An unknown product is reported before a short one. */
public enum Refusal {
    UNKNOWN_PRODUCT,
    OUT_OF_STOCK
}
