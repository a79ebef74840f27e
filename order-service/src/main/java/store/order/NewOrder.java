package store.order;

import java.util.List;

/** A checkout to be recorded. */
public record NewOrder(
        OrderId id,
        CustomerId customer,
        IdempotencyKey key,
        byte[] fingerprint,
        List<OrderLine> lines,
        CardToken card,
        Money expectedTotal) {}
