package store.order;

import org.jspecify.annotations.Nullable;

/**
 * How much of one product is ordered.
 *
 * @param quantity pieces, 1 to 100
 * @param name the product's name when it was held; null until then
 * @param unitPrice the price it was held at; null until then
 */
public record OrderLine(
        String sku,
        int quantity,
        @Nullable String name,
        @Nullable Money unitPrice) {

    /** A line as it is asked for. */
    public static OrderLine of(String sku, int quantity) {
        return new OrderLine(sku, quantity, null, null);
    }
}
