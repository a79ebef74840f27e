package store.order;

import org.jspecify.annotations.Nullable;

/**
 * One product of an order and its quantity.
 *
 * @param sku 1 to 100 characters that PostgreSQL can store: no control character, no half of a surrogate pair
 * @param quantity pieces, at least 1
 * @param name the product's name when it was held; null until then
 * @param unitPrice the price it was held at; null until then
 */
public record OrderLine(
        String sku,
        int quantity,
        @Nullable String name,
        @Nullable Money unitPrice) {

    public static final int MAX_SKU_LENGTH = 100;

    public OrderLine {
        if (!isSku(sku)) {
            throw new IllegalArgumentException("a SKU has 1 to " + MAX_SKU_LENGTH + " characters");
        }
        if (quantity < 1) {
            throw new IllegalArgumentException("at least one piece is ordered, not " + quantity);
        }
    }

    public static boolean isSku(String text) {
        return !text.isBlank()
                && text.length() <= MAX_SKU_LENGTH
                && text.codePoints().noneMatch(OrderLine::cannotBeStored);
    }

    private static boolean cannotBeStored(int codePoint) {
        return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
    }

    /** A line as the customer asks for it. */
    public static OrderLine of(String sku, int quantity) {
        return new OrderLine(sku, quantity, null, null);
    }
}
