package store.inventory;

/**
 * An amount of money.
 *
 * @param amount in minor units (cents for EUR)
 * @param currency ISO 4217 code
 */
public record Money(long amount, String currency) {}
