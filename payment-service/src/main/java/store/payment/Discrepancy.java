package store.payment;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that reconciliation cannot explain. It stays on record; {@code clearedAt} is when a later look found it gone.
 *
 * @param movementId the movement or posting that it is about, if it is about one
 * @param orderId whose money it is about, if that is known
 */
public record Discrepancy(
        Kind kind,
        @Nullable String movementId,
        @Nullable UUID orderId,
        String detail,
        Instant foundAt,
        @Nullable Instant clearedAt) {

    /** What is wrong. The database lists these names too. */
    public enum Kind {
        /** The statement has a line that this version cannot read; nothing is booked for it. */
        UNREADABLE_MOVEMENT,
        /** The acquirer no longer knew where reading went on; cleared when the statement has been read again to its end. */
        UNKNOWN_CURSOR,
        /** The statement shows a booked movement with another order, kind or amount. */
        POSTING_DIFFERS,
        /** The ledger has a posting that the statement does not show. */
        POSTING_NOT_ON_STATEMENT,
        /** Money is with us, or returned too often, for an order that has no payment. */
        MONEY_WITHOUT_PAYMENT,
        /** A capture stands for a payment that is VOIDED, REFUNDED or DECLINED. */
        CAPTURE_STANDING,
        /** More was returned than captured. */
        RETURNED_TOO_MUCH,
        /** A CAPTURED payment's captures, less voids and refunds, are not its amount. A chargeback alone is no discrepancy. */
        AMOUNT_DIFFERS,
        /** The payment itself says that its movements sum up to neither nothing nor its amount. */
        UNRECONCILED
    }

    /**
     * What the reading of a statement found.
     *
     * @param about tells it from others of its kind: there is one row for each while it is open
     */
    public record Finding(
            Kind kind,
            String about,
            @Nullable String movementId,
            @Nullable UUID orderId,
            String detail) {}
}
