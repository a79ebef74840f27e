package store.inventory;

import static java.util.Objects.requireNonNull;

/** A line that is held, with the name and unit price that the product had then: the price agreed to by holding it. */
public record HeldLine(String sku, String name, int quantity, Money unitPrice) {

    public HeldLine {
        if (sku.isBlank() || quantity < 1) {
            throw new IllegalArgumentException("a held line has at least one piece of a product");
        }
        requireNonNull(name);
        requireNonNull(unitPrice);
    }
}
