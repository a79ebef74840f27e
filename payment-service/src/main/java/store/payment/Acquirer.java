package store.payment;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who moves the money: the card network, as payments see it.
 *
 * <p>Every answer may be {@link Unknown}: then the act may have happened, may be happening, or may still happen. Asking
 * again with the same key is always safe while the acquirer remembers the key (24 hours); its record by order id is
 * kept for ever. An implementation makes one attempt, bounded in time, and refuses to run inside a transaction.
 */
public interface Acquirer {

    /** Name of this acquirer; part of every key it is asked with. */
    String name();

    /** Takes the money, once for each key. */
    CaptureAnswer capture(AcquirerKey key, Money amount, CardToken token);

    /** Undoes what was captured under the key, and turns away any capture that comes later. */
    VoidAnswer undo(AcquirerKey key);

    /** Pays a capture back that is too old to be voided, once for each key. */
    RefundAnswer refund(AcquirerKey key, Movement capture);

    /** Everything that ever moved for an order. */
    LookupAnswer movementsOf(OrderId orderId);

    /**
     * The next movements of all orders, oldest first.
     *
     * @param after the {@code next} of the page before; null for the first page
     */
    StatementAnswer statement(@Nullable String after, int limit);

    sealed interface CaptureAnswer {}

    sealed interface VoidAnswer {}

    sealed interface RefundAnswer {}

    sealed interface LookupAnswer {}

    sealed interface StatementAnswer {}

    /** The question has no answer yet. */
    sealed interface Unanswered extends CaptureAnswer, VoidAnswer, RefundAnswer, LookupAnswer, StatementAnswer {
        /** For a log line; never holds a card token. */
        String why();
    }

    /** It may or may not have happened. */
    record Unknown(String why) implements Unanswered {}

    /** The request certainly did not reach the acquirer. */
    record NotSent(String why) implements Unanswered {}

    record Captured(Movement capture) implements CaptureAnswer {}

    record Declined(DeclineReason reason) implements CaptureAnswer {}

    /** The key was voided before; it will never capture. */
    record Withdrawn() implements CaptureAnswer {}

    /** The acquirer knows the key with another amount, order or card. */
    record Contradicted() implements CaptureAnswer {}

    /**
     * Nothing is captured under the key, and nothing will be.
     *
     * @param movements the capture that was undone and the void that undid it, or none if there was nothing to undo
     */
    record Undone(List<Movement> movements) implements VoidAnswer {}

    /** The capture cannot be voided, or not any more: the record says what has become of it. */
    record TooLate() implements VoidAnswer {}

    record Refunded(Movement refund) implements RefundAnswer {}

    /** The acquirer will not pay this capture back: its record has to say why. */
    record Refused(String why) implements RefundAnswer {}

    record Found(List<Movement> movements) implements LookupAnswer {}

    /**
     * @param movements those lines that can be read, in the statement's sequence
     * @param unreadable the other lines
     * @param next where to go on; null at the end
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
     * @param id the movement's, if that much can be read
     * @param orderId likewise
     * @param raw the line, in printable ASCII and cut off where it is too long; for the record, not for a log
     */
    record Unreadable(@Nullable String id, @Nullable UUID orderId, String why, String raw) {}

    /** The acquirer does not know {@code after}: its statement can only be read from the beginning. */
    record UnknownCursor() implements StatementAnswer {}
}
