package store.payment;

import java.time.Instant;
import java.util.UUID;

/**
 * A movement of money on the acquirer's record, which is the truth.
 *
 * @param id the acquirer's, unique among its movements
 * @param orderId whose it is, as the acquirer has it: a statement may name orders that are none of ours
 * @param amount positive; the kind says in which direction it went
 * @param at by the acquirer's clock
 */
public record Movement(String id, UUID orderId, Kind kind, Money amount, Instant at) {

    /** A capture brings money in; every other kind takes it back out. */
    public enum Kind {
        CAPTURE,
        VOID,
        REFUND,
        CHARGEBACK
    }
}
