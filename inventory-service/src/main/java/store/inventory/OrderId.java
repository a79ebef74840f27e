package store.inventory;

import java.util.UUID;

/** The order that a reservation is for. It is also the reservation's identity, and its idempotency key. */
public record OrderId(UUID value) {

    @Override
    public String toString() {
        return value.toString();
    }
}
