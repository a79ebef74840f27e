package store.order;

import org.jspecify.annotations.Nullable;

/**
 * An order found by its idempotency key.
 *
 * @param fingerprint of the request that placed it
 * @param keyId id of the key that made the fingerprint; null if it was not recorded
 * @param leasedToRequest whether a request holds its lease now
 */
public record KeyedOrder(
        Order order, byte[] fingerprint, @Nullable String keyId, boolean leasedToRequest) {}
