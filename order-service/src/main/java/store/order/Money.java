package store.order;

import java.util.Currency;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An amount of money. A peer may state any amount and any currency; {@link #isChargeable} says whether payment takes
 * it.
 *
 * @param amount in minor units (cents for EUR)
 * @param currency ISO 4217 code
 */
public record Money(long amount, String currency) {

    /** The amount field of a card message (ISO 8583) has twelve digits. */
    private static final long MAX_CHARGEABLE = 999_999_999_999L;

    private static final Set<String> CURRENCIES = Currency.getAvailableCurrencies().stream()
            .map(Currency::getCurrencyCode)
            .collect(Collectors.toUnmodifiableSet());

    /**
     * Whether payment takes this amount: at least one minor unit, at most twelve digits, and a currency that ISO 4217
     * knows.
     */
    boolean isChargeable() {
        return amount >= 1 && amount <= MAX_CHARGEABLE && CURRENCIES.contains(currency);
    }

    Money plus(Money other) {
        if (!currency.equals(other.currency)) {
            throw new IllegalArgumentException("cannot add " + other.currency + " to " + currency);
        }
        return new Money(Math.addExact(amount, other.amount), currency);
    }

    Money times(int factor) {
        return new Money(Math.multiplyExact(amount, factor), currency);
    }
}
