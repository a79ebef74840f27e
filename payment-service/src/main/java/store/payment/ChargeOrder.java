package store.payment;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import store.payment.Payments.Beginning.Begun;
import store.payment.Payments.Beginning.Contradicted;
import store.payment.Payments.Beginning.Known;

/**
 * Charges an order's total to a card, once.
 *
 * <p>The intent is committed first, marked as sent; then the acquirer is asked; then the outcome is committed with its
 * ledger entries. If the answer is lost, or this process dies in between, the payment is PENDING and {@link
 * ResolvePayments} asks again with the same key. Only the caller that recorded the intent calls the acquirer; a repeat
 * only reports.
 */
public final class ChargeOrder {

    private final Payments payments;
    private final Acquirer acquirer;
    private final Attempts attempts;
    private final AttemptSettings settings;
    private final InstantSource time;

    public ChargeOrder(
            Payments payments, Acquirer acquirer, Attempts attempts, AttemptSettings settings, InstantSource time) {
        this.payments = payments;
        this.acquirer = acquirer;
        this.attempts = attempts;
        this.settings = settings;
        this.time = time;
    }

    /**
     * Charges the order, or reports the state of its charge. Must be called outside a transaction.
     *
     * @throws org.springframework.dao.DataAccessException if the database does not answer: the outcome is not known
     */
    public Outcome charge(OrderId orderId, Money amount, CardToken token) {
        try {
            return chargeOrReport(orderId, amount, token);
        } catch (WriteRefused _) {
            return new Outcome.Contradiction();
        }
    }

    private Outcome chargeOrReport(OrderId orderId, Money amount, CardToken token) {
        var key = new AcquirerKey(acquirer.name(), orderId);
        // For an order this old, the acquirer may have forgotten the key, and this database may have lost the payment.
        var sending = !orderId.createdAt().plus(settings.keyTrust()).isBefore(time.instant());
        return switch (payments.begin(key, amount, token, sending, settings.lease())) {
            case Begun(var held) -> {
                StateChanges.log(held);
                yield outcome(sending ? attempts.capture(held, token) : attempts.lookUp(held));
            }
            case Known(var payment) -> outcome(payment);
            case Contradicted _ -> new Outcome.Contradiction();
        };
    }

    private static Outcome outcome(Payment payment) {
        return switch (payment.state()) {
            case PENDING -> new Outcome.Pending();
            case CAPTURED -> new Outcome.Captured();
            case DECLINED -> new Outcome.Declined(requireNonNull(payment.declineReason()));
            case VOIDING, VOIDED, REFUNDED -> new Outcome.Withdrawn();
            case UNRECONCILED -> new Outcome.Contradiction();
        };
    }

    /** What is known of a charge. */
    public sealed interface Outcome {

        /** The money has moved. */
        record Captured() implements Outcome {}

        /** No money moved, and none will. */
        record Declined(DeclineReason reason) implements Outcome {}

        /** Not known yet; recovery finds out without another request. */
        record Pending() implements Outcome {}

        /** The payment was voided, perhaps before this charge arrived. This is not a decline. */
        record Withdrawn() implements Outcome {}

        /**
         * The order was charged before with another amount or card, or its movements do not add up, or the record
         * refuses the write. Asking again does not help: a person has to look at it.
         */
        record Contradiction() implements Outcome {}
    }
}
