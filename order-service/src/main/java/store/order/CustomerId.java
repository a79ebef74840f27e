package store.order;

import java.util.UUID;

/** Who places an order: the subject of the token it came with. */
public record CustomerId(UUID value) {}
