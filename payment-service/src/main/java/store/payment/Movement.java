package store.payment;

import java.time.Instant;
import java.util.UUID;

/**
 * A movement of money on the acquirer's record, which is the truth.
 *
 * @param id the acquirer's id, unique among its movements
 * @param orderId the order's id as the acquirer has it: a statement may name orders that this store does not have
 * @param amount positive; the kind gives the direction
 * @param at by the acquirer's clock
 */
public record Movement(String id, UUID orderId, Kind kind, Money amount, Instant at) {

    /** A capture brings money in; every other kind takes money back out. */
    public enum Kind {
        CAPTURE,
        VOID,
        REFUND,
        CHARGEBACK
    }
}
