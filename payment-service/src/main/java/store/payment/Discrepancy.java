package store.payment;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that reconciliation cannot explain. It stays on record.
 *
 * @param movementId the movement or posting that it is about; null if it is about none
 * @param orderId the order whose money it is about; null if that is not known
 * @param clearedAt when a later comparison no longer found it; null while it is open
 */
public record Discrepancy(
        Kind kind,
        @Nullable String movementId,
        @Nullable UUID orderId,
        String detail,
        Instant foundAt,
        @Nullable Instant clearedAt) {

    /** What is wrong. A constraint of the database has the same names. */
    public enum Kind {
        /** The statement has a line that this version cannot read and has not booked. */
        UNREADABLE_MOVEMENT,
        /** The acquirer no longer knew the cursor; cleared when its statement has been read again to the end. */
        UNKNOWN_CURSOR,
        /** The statement shows a booked movement with another order, kind or amount. */
        POSTING_DIFFERS,
        /** The ledger has a posting that the statement does not show. */
        POSTING_NOT_ON_STATEMENT,
        /** An order without a payment has movements that do not sum up to zero. */
        MONEY_WITHOUT_PAYMENT,
        /** A capture stands for a payment that is VOIDED, REFUNDED or DECLINED. */
        CAPTURE_STANDING,
        /** More was returned than captured. */
        RETURNED_TOO_MUCH,
        /**
         * A CAPTURED payment's captures, less voids and refunds, are not its amount. A chargeback alone is no
         * discrepancy.
         */
        AMOUNT_DIFFERS,
        /** The payment is UNRECONCILED itself: its movements sum up to neither zero nor its amount. */
        UNRECONCILED
    }

    /**
     * A discrepancy that was found while reading a statement.
     *
     * @param about tells it from others of its kind: while it is open, there is one row for each
     */
    public record Finding(
            Kind kind,
            String about,
            @Nullable String movementId,
            @Nullable UUID orderId,
            String detail) {}
}
