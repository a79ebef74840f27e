package store.inventory;

import java.util.regex.Pattern;

/**
 * An amount of money, more than none. Constraints of the catalogue say which amounts and currencies a card can pay.
 *
 * @param amount in minor units (cents for EUR)
 * @param currency ISO 4217 code
 */
public record Money(long amount, String currency) {

    private static final Pattern CODE = Pattern.compile("[A-Z]{3}");

    public Money {
        if (amount < 1 || !CODE.matcher(currency).matches()) {
            throw new IllegalArgumentException("not an amount of money: " + amount + " " + currency);
        }
    }
}
