package store.inventory;

/**
 * How much of one product is wanted.
 *
 * @param quantity pieces, at least 1
 */
public record Line(String sku, int quantity) {

    public Line {
        if (sku.isBlank() || quantity < 1) {
            throw new IllegalArgumentException("a line takes at least one piece of a product");
        }
    }
}
