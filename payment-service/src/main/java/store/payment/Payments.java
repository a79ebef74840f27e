package store.payment;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import store.payment.Payment.State;

/**
 * The payments on record. Leases and due times are written and compared by one clock, the record's own.
 *
 * <p>Every method is one transaction of its own. When it throws, it is not known whether it took effect; but {@link WriteRefused},
 * which every change may throw, says that it did not.
 */
public interface Payments {

    /**
     * Records the intent to charge and takes the lease on it, unless the order is known already.
     *
     * @param sending whether a capture will be on its way from now on
     */
    Beginning begin(AcquirerKey key, Money amount, CardToken token, boolean sending, Duration lease);

    /** How a charge began. */
    sealed interface Beginning {

        /** It is the first; the caller holds it. */
        record Begun(Payment held) implements Beginning {}

        /** The same charge, or a void, was recorded before. */
        record Known(Payment payment) implements Beginning {}

        /** Another amount or card was recorded before. */
        record Contradicted() implements Beginning {}
    }

    /**
     * Turns a payment to VOIDING and takes the lease on it, whoever held it; without a row it makes one, which turns a
     * late charge away. Empty if the payment is DECLINED or its void was begun before.
     */
    Optional<Payment> beginVoid(AcquirerKey key, Duration lease);

    Optional<Payment> find(OrderId orderId);

    /**
     * Takes over payments of this acquirer that are due, those longest due first: PENDING, VOIDING or UNRECONCILED, and nobody holds
     * them. A payment that cannot be taken over because the record refuses the write does not keep the others. One whose
     * card is under a key that only other instances have is left to them.
     */
    List<Payment> claimDue(String acquirer, int limit, Duration lease);

    /**
     * Marks that a capture will be on its way again, and hands out the card for it. Empty if another holder took over.
     */
    Optional<CardToken> markSent(Payment held);

    /**
     * Records what came of a held payment and books its movements, each once. Erases the card.
     *
     * @return the payment as it is now; empty, and nothing is changed, if another holder took over
     */
    Optional<Payment> record(Payment held, Outcome outcome);

    /**
     * Hands the lease on a payment back.
     *
     * @param delay until it is due again
     * @param certainlyNotSent whether this attempt's mark of a capture on its way can go
     * @return as for {@link #record}
     */
    Optional<Payment> postpone(Payment held, Duration delay, boolean certainlyNotSent);

    /**
     * Hands leases back whose holder stops: these payments are due at once, except those that another holder has taken over or that have
     * changed.
     *
     * @return how many
     */
    int handBack(List<Payment> held);

    /** How many payments are UNRECONCILED. */
    long unreconciled();

    /** How many writes the record has refused to this process. */
    long writesRefused();

    /**
     * What came of a payment.
     *
     * @param rest until a payment that is not at its end is due again
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
