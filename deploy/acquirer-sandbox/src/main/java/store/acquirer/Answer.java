package store.acquirer;

import org.jspecify.annotations.Nullable;

/** The acquirer's answer to a capture, a void or a refund. */
sealed interface Answer {

    /** The money moved, now ({@code first}) or at an earlier call of the key. */
    record Booked(Movement movement, boolean first) implements Answer {}

    /** The key is void from now on; both movements are null if there was nothing to undo. */
    record Undone(@Nullable Movement capture, @Nullable Movement movement) implements Answer {}

    /** No money moved. */
    record Refused(Reason reason) implements Answer {}

    /** Why no money moved; the names are part of the HTTP interface. */
    enum Reason {
        CARD_DECLINED,
        INSUFFICIENT_FUNDS,
        /** The acquirer is unavailable, because the token was {@link TestToken#UNAVAILABLE}. */
        UNAVAILABLE,
        /** The key was used with another order, amount, token or capture. */
        CONTRADICTION,
        /** A void came before this capture. */
        VOIDED,
        VOID_WINDOW_CLOSED,
        /** A void, a refund or a chargeback has returned the money already. */
        ALREADY_UNDONE,
        UNKNOWN_CAPTURE,
        /** The order has {@link Ledger#MAX_MOVEMENTS_PER_ORDER} movements. */
        TOO_MANY_MOVEMENTS
    }
}
