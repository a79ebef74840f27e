package store.payment;

import java.util.regex.Pattern;

/**
 * The idempotency key of a payment at its acquirer. It derives from the order's id, so payment-service asks with the
 * same key even after its database has lost the row, and cannot charge twice.
 *
 * @param acquirer name of the acquirer that knows the key
 */
public record AcquirerKey(String acquirer, OrderId orderId) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");

    public AcquirerKey {
        if (!NAME.matcher(acquirer).matches()) {
            throw new IllegalArgumentException("an acquirer's name has only letters, digits, - and _: " + acquirer);
        }
    }

    /** The key as the acquirer knows it; it needs no encoding in the path of a URL. */
    @Override
    public String toString() {
        return acquirer + "-" + orderId;
    }
}
