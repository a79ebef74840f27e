package store.inventory;

import java.util.UUID;

/** The order that a reservation is for: also the reservation's identity and the idempotency key of everything asked about it. */
public record OrderId(UUID value) {

    @Override
    public String toString() {
        return value.toString();
    }
}
