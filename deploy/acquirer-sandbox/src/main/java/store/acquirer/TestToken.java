package store.acquirer;

/** The test cards; an unknown token is {@link #DECLINED}. */
enum TestToken {
    VISA,
    DECLINED,
    INSUFFICIENT_FUNDS,
    SLOW,
    SILENT,
    UNAVAILABLE,
    FRAUD_LATER;

    static TestToken of(String token) {
        return switch (token) {
            case "tok_visa" -> VISA;
            case "tok_insufficient_funds" -> INSUFFICIENT_FUNDS;
            case "tok_slow" -> SLOW;
            case "tok_silent" -> SILENT;
            case "tok_unavailable" -> UNAVAILABLE;
            case "tok_fraud_later" -> FRAUD_LATER;
            default -> DECLINED;
        };
    }
}
