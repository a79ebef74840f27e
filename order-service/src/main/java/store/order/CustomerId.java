package store.order;

import java.util.UUID;

/** The customer who places an order: the subject of the request's token. */
public record CustomerId(UUID value) {}
