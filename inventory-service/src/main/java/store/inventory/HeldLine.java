package store.inventory;

/** A line that is held, with the name and unit price that the product had then: the price agreed to by holding it. */
public record HeldLine(String sku, String name, int quantity, Money unitPrice) {}
