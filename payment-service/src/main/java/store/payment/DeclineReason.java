package store.payment;

/** Why the acquirer declined. A decline is final: the customer has to use another card. */
public enum DeclineReason {
    CARD_DECLINED,
    INSUFFICIENT_FUNDS
}
