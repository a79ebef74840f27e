package store.order;

import java.util.UUID;

/** An order's identity, a UUIDv7; also the idempotency key of every step that is taken for it at a peer. */
public record OrderId(UUID value) {

    @Override
    public String toString() {
        return value.toString();
    }
}
