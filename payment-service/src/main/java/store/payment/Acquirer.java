package store.payment;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The card network, which moves the money, as payments see it.
 *
 * <p>Every answer may be {@link Unknown}: then the act may have happened, may be happening, or may still happen. Asking
 * again with the same key is safe while the acquirer remembers the key (24 hours). The acquirer keeps its record by
 * order id for ever. An implementation makes one attempt, bounded in time, and refuses to run inside a transaction.
 */
public interface Acquirer {

    /** Name of this acquirer; part of every key. */
    String name();

    /** Takes the money, once for each key. */
    CaptureAnswer capture(AcquirerKey key, Money amount, CardToken token);

    /** Undoes the capture under the key, and makes the acquirer refuse any later one. */
    VoidAnswer undo(AcquirerKey key);

    /** Pays back a capture that is too old to be voided, once for each key. */
    RefundAnswer refund(AcquirerKey key, Movement capture);

    /** All movements of an order, however old. */
    LookupAnswer movementsOf(OrderId orderId);

    /**
     * The next movements of all orders, oldest first.
     *
     * @param after {@code next} of the page before; null for the first page
     */
    StatementAnswer statement(@Nullable String after, int limit);

    sealed interface CaptureAnswer {}

    sealed interface VoidAnswer {}

    sealed interface RefundAnswer {}

    sealed interface LookupAnswer {}

    sealed interface StatementAnswer {}

    /** The acquirer has not answered. */
    sealed interface Unanswered extends CaptureAnswer, VoidAnswer, RefundAnswer, LookupAnswer, StatementAnswer {
        /** For a log line; never holds a card token. */
        String why();
    }

    /** The act may or may not have happened. */
    record Unknown(String why) implements Unanswered {}

    /** The request certainly did not reach the acquirer. */
    record NotSent(String why) implements Unanswered {}

    record Captured(Movement capture) implements CaptureAnswer {}

    record Declined(DeclineReason reason) implements CaptureAnswer {}

    /** The key was voided before: it never captures again. */
    record Withdrawn() implements CaptureAnswer {}

    /** The acquirer knows the key with another amount, order or card. */
    record Contradicted() implements CaptureAnswer {}

    /**
     * Nothing is captured under the key, and nothing will be.
     *
     * @param movements the capture that was undone and the void that undid it; empty if there was no capture
     */
    record Undone(List<Movement> movements) implements VoidAnswer {}

    /** The capture cannot be voided, or not any more: the record shows what became of the capture. */
    record TooLate() implements VoidAnswer {}

    record Refunded(Movement refund) implements RefundAnswer {}

    /** The acquirer does not pay this capture back: its record shows why. */
    record Refused(String why) implements RefundAnswer {}

    record Found(List<Movement> movements) implements LookupAnswer {}

    /**
     * @param movements the readable lines, in the statement's order
     * @param unreadable the other lines
     * @param next where the next page begins; null at the end
     */
    record Page(
            List<Movement> movements,
            List<Unreadable> unreadable,
            @Nullable String next) implements StatementAnswer {

        boolean isEmpty() {
            return movements.isEmpty() && unreadable.isEmpty();
        }
    }

    /**
     * A line of the statement that this version cannot read.
     *
     * @param id the movement's id; null if it cannot be read
     * @param orderId the movement's order; null if it cannot be read
     * @param raw the line, in printable ASCII and cut to a bounded length; for the record, not for a log
     */
    record Unreadable(@Nullable String id, @Nullable UUID orderId, String why, String raw) {}

    /** The acquirer does not know {@code after}: its statement has to be read from the beginning. */
    record UnknownCursor() implements StatementAnswer {}
}
