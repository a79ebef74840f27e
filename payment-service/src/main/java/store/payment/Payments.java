package store.payment;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import store.payment.Payment.State;

/**
 * The payments on record. Leases and due times are written and compared by one clock, the record's own.
 *
 * <p>Every method is one transaction of its own. When it throws, it is not known whether it took effect.
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
     * late charge away. Empty if the payment is DECLINED or was voided before.
     */
    Optional<Payment> beginVoid(AcquirerKey key, Duration lease);

    Optional<Payment> find(OrderId orderId);

    /**
     * Takes over payments of this acquirer that are due, those longest due first: PENDING or VOIDING, and nobody holds
     * them.
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
    Optional<Payment> settle(Payment held, Settlement settlement);

    /**
     * Hands the lease on a payment back.
     *
     * @param delay until it is due again
     * @param certainlyNotSent whether this attempt's mark of a capture on its way can go
     * @return as for {@link #settle}
     */
    Optional<Payment> postpone(Payment held, Duration delay, boolean certainlyNotSent);

    /** What came of a payment. */
    record Settlement(State state, @Nullable DeclineReason declineReason, List<Movement> movements) {

        static Settlement captured(List<Movement> movements) {
            return new Settlement(State.CAPTURED, null, movements);
        }

        static Settlement declined(DeclineReason reason) {
            return new Settlement(State.DECLINED, reason, List.of());
        }

        /** A void is due at once. */
        static Settlement voiding() {
            return new Settlement(State.VOIDING, null, List.of());
        }

        static Settlement voided(List<Movement> movements) {
            return new Settlement(State.VOIDED, null, movements);
        }

        static Settlement refunded(List<Movement> movements) {
            return new Settlement(State.REFUNDED, null, movements);
        }
    }
}
