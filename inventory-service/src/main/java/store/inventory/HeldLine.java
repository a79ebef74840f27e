package store.inventory;

import static java.util.Objects.requireNonNull;

/** A held line, with the product's name and unit price at that time. By holding it, inventory agrees to that price. */
public record HeldLine(String sku, String name, int quantity, Money unitPrice) {

    public HeldLine {
        if (sku.isBlank() || quantity < 1) {
            throw new IllegalArgumentException("a held line has at least one piece of a product");
        }
        requireNonNull(name);
        requireNonNull(unitPrice);
    }
}
