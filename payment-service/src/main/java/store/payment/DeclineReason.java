package store.payment;

/** Why the acquirer refused to move money. Final: it is the customer's turn. */
public enum DeclineReason {
    CARD_DECLINED,
    INSUFFICIENT_FUNDS
}
