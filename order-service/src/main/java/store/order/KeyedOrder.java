package store.order;

import org.jspecify.annotations.Nullable;

/**
 * An order found by its idempotency key.
 *
 * @param fingerprint of the request that placed it
 * @param keyId of the key that the fingerprint was made with; null if that was not noted
 * @param leasedToRequest whether a request works on it right now
 */
public record KeyedOrder(
        Order order, byte[] fingerprint, @Nullable String keyId, boolean leasedToRequest) {}
