package store.payment;

import java.util.Currency;

/**
 * An amount of money, more than none.
 *
 * @param amount in minor units (cents for EUR)
 * @param currency ISO 4217 code
 */
public record Money(long amount, String currency) {

    /** What a card message can carry: the amount field of ISO 8583 has twelve digits. */
    private static final long MAX_AMOUNT = 999_999_999_999L;

    public Money {
        if (amount < 1 || amount > MAX_AMOUNT) {
            throw new IllegalArgumentException("an amount is 1 to " + MAX_AMOUNT + " minor units, not " + amount);
        }
        Currency.getInstance(currency);
    }
}
