package store.acquirer;

import java.util.Currency;

/** An amount in minor units of an ISO 4217 currency. */
record Money(long amount, String currency) {

    /** The largest amount in a card message: ISO 8583 gives it twelve digits. */
    static final long MAX_AMOUNT = 999_999_999_999L;

    /** @throws IllegalArgumentException if the amount is out of range or the currency unknown */
    Money {
        if (amount < 1 || amount > MAX_AMOUNT) {
            throw new IllegalArgumentException("an amount is 1 to " + MAX_AMOUNT + " minor units");
        }
        Currency.getInstance(currency);
    }
}
