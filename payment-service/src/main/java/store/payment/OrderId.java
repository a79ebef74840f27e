package store.payment;

import java.time.Instant;
import java.util.UUID;

/**
 * The order that a payment is for: the payment's identity, and what the acquirer's key derives from.
 *
 * @param value a UUID of version 7, because its timestamp is the age of the payment even where no row remembers it
 *     (<a href="https://www.rfc-editor.org/rfc/rfc9562#section-5.7">RFC 9562</a>)
 */
public record OrderId(UUID value) {

    public OrderId {
        if (value.version() != 7) {
            throw new IllegalArgumentException("an order id is a UUID of version 7, not of version " + value.version());
        }
    }

    /** Reads the usual text of a UUID. */
    public static OrderId of(String text) {
        return new OrderId(UUID.fromString(text));
    }

    /** When the order was made, by the clock of who made it. */
    public Instant createdAt() {
        return Instant.ofEpochMilli(value.getMostSignificantBits() >>> 16);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
