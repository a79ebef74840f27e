package store.payment;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A payment as last read. Whoever was handed it by {@link Payments#begin}, {@link Payments#beginVoid} or {@link
 * Payments#claimDue} holds it, and may record what comes of it while {@code state} and {@code attempt} still stand.
 *
 * @param amount null if only a void has been heard of so far
 * @param firstSentAt when a capture was first on its way; null while certainly none has been
 * @param lastSentAt when a capture was last on its way
 * @param voidWanted whether it was ever to be voided: then it never becomes CAPTURED
 * @param createdAt when this row was made
 * @param attempt the fencing token: whoever takes the payment over raises it
 */
public record Payment(
        AcquirerKey key,
        State state,
        @Nullable Money amount,
        @Nullable DeclineReason declineReason,
        @Nullable Instant firstSentAt,
        @Nullable Instant lastSentAt,
        boolean voidWanted,
        Instant createdAt,
        long attempt) {

    public Payment {
        if (amount == null && (state == State.PENDING || state == State.CAPTURED || state == State.DECLINED)) {
            throw new IllegalArgumentException("a payment that is " + state + " was charged: " + key);
        }
        if ((state == State.DECLINED) != (declineReason != null)) {
            throw new IllegalArgumentException("a declined payment has a reason, and no other has one: " + key);
        }
        if ((firstSentAt == null) != (lastSentAt == null)) {
            throw new IllegalArgumentException("a first send is a last one, too: " + key);
        }
        if (voidWanted && state == State.CAPTURED) {
            throw new IllegalArgumentException("a payment that was to be voided never becomes CAPTURED: " + key);
        }
        if (attempt < 1) {
            throw new IllegalArgumentException("attempts are counted from 1, not " + attempt + ": " + key);
        }
    }

    /** Where a payment stands. PENDING, VOIDING and UNRECONCILED are brought forward until they leave. */
    public enum State {
        /** A capture is wanted; whether one happened is not known. */
        PENDING,
        CAPTURED,
        DECLINED,
        /** Nothing may stay captured; it is not known that nothing is. No capture is sent any more. */
        VOIDING,
        /** Certainly nothing is captured, and nothing will be. */
        VOIDED,
        /** What was captured has been paid back. */
        REFUNDED,
        /** The movements under the order's reference add up to neither nothing nor the amount. It waits for a person. */
        UNRECONCILED
    }

    public OrderId orderId() {
        return key.orderId();
    }

    /** The amount to capture, of a payment that was charged. */
    Money charged() {
        if (amount == null) {
            throw new IllegalStateException("payment " + orderId() + " was never charged");
        }
        return amount;
    }

    /** Whether the acquirer may have forgotten the key by now, so that only a look at its record is safe. */
    boolean outlives(Duration keyTrust, Instant now) {
        return isOlder(orderId().createdAt(), keyTrust, now)
                || (firstSentAt != null && isOlder(firstSentAt, keyTrust, now));
    }

    /**
     * Whether a capture that was sent would have arrived by now. A row that knows of none may have replaced one that
     * did.
     */
    boolean isQuiet(Duration quiet, Instant now) {
        return isOlder(lastSentAt == null ? createdAt : lastSentAt, quiet, now);
    }

    private static boolean isOlder(Instant start, Duration age, Instant now) {
        return start.plus(age).isBefore(now);
    }
}
