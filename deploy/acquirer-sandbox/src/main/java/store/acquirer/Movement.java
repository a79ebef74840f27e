package store.acquirer;

import java.time.Instant;
import java.util.UUID;

/** A movement of money, as the statement shows it. */
record Movement(UUID id, String key, UUID orderId, Kind kind, Money amount, Instant at) {

    enum Kind {
        CAPTURE,
        VOID,
        REFUND,
        CHARGEBACK
    }
}
