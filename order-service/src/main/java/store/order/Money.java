package store.order;

/**
 * An amount of money.
 *
 * @param amount in minor units (cents for EUR)
 * @param currency ISO 4217 code
 */
public record Money(long amount, String currency) {

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
