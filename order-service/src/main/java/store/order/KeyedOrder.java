package store.order;

/**
 * An order found by its idempotency key.
 *
 * @param fingerprint of the request that placed it
 * @param leasedToRequest whether a request works on it right now
 */
public record KeyedOrder(Order order, byte[] fingerprint, boolean leasedToRequest) {}
