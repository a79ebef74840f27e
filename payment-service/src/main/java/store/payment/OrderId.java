package store.payment;

import java.time.Instant;
import java.util.UUID;

/**
 * The order that a payment is for. It is the payment's identity, and the acquirer's key derives from it.
 *
 * @param value a UUID of version 7: its timestamp gives the payment's age even if the row was lost (<a
 *     href="https://www.rfc-editor.org/rfc/rfc9562#section-5.7">RFC 9562</a>)
 */
public record OrderId(UUID value) {

    public OrderId {
        if (value.version() != 7) {
            throw new IllegalArgumentException("an order id is a UUID of version 7, not of version " + value.version());
        }
    }

    /** Reads the standard text form of a UUID. */
    public static OrderId of(String text) {
        return new OrderId(UUID.fromString(text));
    }

    /** When the order was made, by the clock of order-service. */
    public Instant createdAt() {
        return Instant.ofEpochMilli(value.getMostSignificantBits() >>> 16);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
