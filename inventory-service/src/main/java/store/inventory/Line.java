package store.inventory;

/**
 * The wanted quantity of one product.
 *
 * @param quantity pieces, at least 1
 */
public record Line(String sku, int quantity) {

    public Line {
        if (sku.isBlank() || quantity < 1) {
            throw new IllegalArgumentException("a line has at least one piece of a product");
        }
    }
}
