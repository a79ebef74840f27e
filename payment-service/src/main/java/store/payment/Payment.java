package store.payment;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A payment as last read. A caller that got it from {@link Payments#begin}, {@link Payments#beginVoid} or {@link
 * Payments#claimDue} holds it, and may record its outcome while {@code state} and {@code attempt} are unchanged.
 *
 * @param amount null if only a void was requested so far
 * @param firstSentAt when a capture was first sent; null if certainly none was sent
 * @param lastSentAt when a capture was last sent
 * @param voidWanted whether a void was ever decided: then the payment never becomes CAPTURED
 * @param createdAt when this row was made
 * @param attempt the fencing token: each takeover of the payment raises it
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

    /**
     * The states of a payment. Recovery brings PENDING, VOIDING and UNRECONCILED forward until the payment leaves them.
     */
    public enum State {
        /** A capture is wanted; it is not known whether one happened. */
        PENDING,
        CAPTURED,
        DECLINED,
        /** Nothing may stay captured; it is not yet certain that nothing is. No capture is sent any more. */
        VOIDING,
        /** Certainly nothing is captured, and nothing will be. */
        VOIDED,
        /** The captured money has been paid back. */
        REFUNDED,
        /** The order's movements add up to neither nothing nor the amount. It waits for a person. */
        UNRECONCILED
    }

    public OrderId orderId() {
        return key.orderId();
    }

    /** The amount to capture. Throws if the payment was never charged. */
    Money charged() {
        if (amount == null) {
            throw new IllegalStateException("payment " + orderId() + " was never charged");
        }
        return amount;
    }

    /** Whether the acquirer may have forgotten the key by now, so that only a look-up of its record is safe. */
    boolean outlives(Duration keyTrust, Instant now) {
        return isOlder(orderId().createdAt(), keyTrust, now)
                || (firstSentAt != null && isOlder(firstSentAt, keyTrust, now));
    }

    /**
     * Whether a capture that was sent would have arrived by now. If this row was never sent, its age counts from its creation: it may replace a lost row whose capture was sent.
     */
    boolean isQuiet(Duration quiet, Instant now) {
        return isOlder(lastSentAt == null ? createdAt : lastSentAt, quiet, now);
    }

    private static boolean isOlder(Instant start, Duration age, Instant now) {
        return start.plus(age).isBefore(now);
    }
}
