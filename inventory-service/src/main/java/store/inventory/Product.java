package store.inventory;

/**
 * A product as the public catalogue shows it.
 *
 * @param available pieces that can be reserved now
 */
public record Product(String sku, String name, String description, Money price, int available) {

    public Product {
        if (available < 0) {
            throw new IllegalArgumentException("a product cannot have " + available + " pieces");
        }
    }
}
