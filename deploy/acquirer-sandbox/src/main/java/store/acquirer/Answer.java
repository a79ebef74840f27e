package store.acquirer;

import org.jspecify.annotations.Nullable;

/** What the acquirer says to a capture, a void or a refund. */
sealed interface Answer {

    /** The money moved, now ({@code first}) or at an earlier call of the key. */
    record Booked(Movement movement, boolean first) implements Answer {}

    /** The key is void from here on; both movements are null if there was nothing to undo. */
    record Undone(@Nullable Movement capture, @Nullable Movement movement) implements Answer {}

    /** Nothing moved. */
    record Refused(Reason reason) implements Answer {}

    /** Why nothing moved; the names are part of the HTTP interface. */
    enum Reason {
        CARD_DECLINED,
        INSUFFICIENT_FUNDS,
        /** The acquirer is out of order, as {@link TestToken#UNAVAILABLE} asks for. */
        UNAVAILABLE,
        /** The key was used with another order, amount, token or capture. */
        CONTRADICTION,
        /** A void came before this capture. */
        VOIDED,
        VOID_WINDOW_CLOSED,
        /** A void or a refund would give back money that a void, a refund or a chargeback has given back before. */
        ALREADY_UNDONE,
        UNKNOWN_CAPTURE,
        /** The order has as many movements as the sandbox will list. */
        TOO_MANY_MOVEMENTS
    }
}
