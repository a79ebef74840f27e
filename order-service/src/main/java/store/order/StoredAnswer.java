package store.order;

/**
 * What was answered to the request that placed an order, kept so that every repeat gets the same.
 *
 * @param status the HTTP status
 * @param body the body's bytes
 */
public record StoredAnswer(int status, byte[] body) {}
