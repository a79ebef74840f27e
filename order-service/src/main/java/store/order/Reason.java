package store.order;

/** Why an order is in its {@link Status}; a confirmed one needs none. */
public enum Reason {
    AWAITING_STOCK,
    AWAITING_PAYMENT,
    UNKNOWN_PRODUCT,
    OUT_OF_STOCK,
    /** The total at the prices the stock was held at is not the total the customer agreed to. */
    PRICE_CHANGED,
    CARD_DECLINED,
    INSUFFICIENT_FUNDS,
    /** The customer cancelled. */
    CUSTOMER,
    /** The store gave up: too old, or already withdrawn at a peer. */
    PATIENCE,
    /** The order was set aside; the note in its audit says why. */
    CONTRADICTION
}
