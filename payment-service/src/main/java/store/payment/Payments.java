package store.payment;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import store.payment.Payment.State;

/**
 * The payments on record. The record's own clock writes and compares leases and due times.
 *
 * <p>Every method is one transaction. If it throws, it is not known whether it took effect. {@link WriteRefused}, which
 * every change may throw, is the exception: then it certainly did not.
 */
public interface Payments {

    /**
     * Records the intent to charge and takes the lease on it, unless the order is known already.
     *
     * @param sending whether the caller sends a capture next
     */
    Beginning begin(AcquirerKey key, Money amount, CardToken token, boolean sending, Duration lease);

    /** How a charge began. */
    sealed interface Beginning {

        /** It is the first charge of the order; the caller holds the payment. */
        record Begun(Payment held) implements Beginning {}

        /** The same charge, or a void, was recorded before. */
        record Known(Payment payment) implements Beginning {}

        /** Another amount or card was recorded before. */
        record Contradicted() implements Beginning {}
    }

    /**
     * Makes a payment VOIDING and takes the lease on it, even from another holder. If there is no payment, this makes
     * one, a tombstone that turns a late charge away. Empty if the payment is DECLINED or its void was begun before.
     */
    Optional<Payment> beginVoid(AcquirerKey key, Duration lease);

    Optional<Payment> find(OrderId orderId);

    /**
     * Takes over payments of this acquirer that are due, the longest due first: they are PENDING, VOIDING or
     * UNRECONCILED, and have no holder. If the record refuses the takeover of one, the others are taken over all the
     * same. A payment whose card is under a key that only other instances have is left to them.
     */
    List<Payment> claimDue(String acquirer, int limit, Duration lease);

    /** Marks that the holder sends a capture again, and returns the card for it. Empty if another holder took over. */
    Optional<CardToken> markSent(Payment held);

    /**
     * Records the outcome of a held payment, books its movements, each once, and erases the card.
     *
     * @return the payment as it is now; empty if another holder took over, and then nothing is changed
     */
    Optional<Payment> record(Payment held, Outcome outcome);

    /**
     * Hands the lease on a payment back.
     *
     * @param delay until it is due again
     * @param certainlyNotSent whether to clear this attempt's mark of a sent capture
     * @return as for {@link #record}
     */
    Optional<Payment> postpone(Payment held, Duration delay, boolean certainlyNotSent);

    /**
     * Hands back the leases of a holder that stops: its payments are due at once, except those that another holder has
     * taken over or that have changed.
     *
     * @return number of payments handed back
     */
    int handBack(List<Payment> held);

    /** Number of payments that are UNRECONCILED. */
    long unreconciled();

    /** Number of writes that the record has refused to this process. */
    long writesRefused();

    /**
     * The outcome of an attempt.
     *
     * @param rest pause until the payment is due again, if its state is not final
     */
    record Outcome(State state, @Nullable DeclineReason declineReason, List<Movement> movements, Duration rest) {

        public Outcome {
            movements = List.copyOf(movements);
            if (state == State.PENDING || rest.isNegative()) {
                throw new IllegalArgumentException("not an outcome: " + state + ", due in " + rest);
            }
            if ((state == State.DECLINED) != (declineReason != null)) {
                throw new IllegalArgumentException("a decline has a reason, and no other outcome has one");
            }
        }

        static Outcome captured(List<Movement> movements) {
            return new Outcome(State.CAPTURED, null, movements, Duration.ZERO);
        }

        static Outcome declined(DeclineReason reason) {
            return new Outcome(State.DECLINED, reason, List.of(), Duration.ZERO);
        }

        /** A void is due at once. */
        static Outcome voiding(List<Movement> movements) {
            return new Outcome(State.VOIDING, null, movements, Duration.ZERO);
        }

        static Outcome voided(List<Movement> movements) {
            return new Outcome(State.VOIDED, null, movements, Duration.ZERO);
        }

        static Outcome refunded(List<Movement> movements) {
            return new Outcome(State.REFUNDED, null, movements, Duration.ZERO);
        }

        static Outcome unreconciled(List<Movement> movements, Duration rest) {
            return new Outcome(State.UNRECONCILED, null, movements, rest);
        }
    }
}
