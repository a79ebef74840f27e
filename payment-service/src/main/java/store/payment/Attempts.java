package store.payment;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.payment.Acquirer.Captured;
import store.payment.Acquirer.Contradicted;
import store.payment.Acquirer.Declined;
import store.payment.Acquirer.Found;
import store.payment.Acquirer.NotSent;
import store.payment.Acquirer.Refunded;
import store.payment.Acquirer.Refused;
import store.payment.Acquirer.TooLate;
import store.payment.Acquirer.Undone;
import store.payment.Acquirer.Unsettled;
import store.payment.Acquirer.Withdrawn;
import store.payment.Movement.Kind;
import store.payment.Payment.State;
import store.payment.Payments.Settlement;

/**
 * Attempts to bring a held payment forward: each asks the acquirer, outside any transaction, and records what that made
 * certain. A holder that another one has overtaken changes nothing; all methods return the payment as it is afterwards.
 */
public final class Attempts {

    private static final Logger log = LoggerFactory.getLogger(Attempts.class);

    private final Payments payments;
    private final Acquirer acquirer;
    private final AttemptSettings settings;
    private final InstantSource time;
    private final RandomGenerator random;

    public Attempts(
            Payments payments,
            Acquirer acquirer,
            AttemptSettings settings,
            InstantSource time,
            RandomGenerator random) {
        this.payments = payments;
        this.acquirer = acquirer;
        this.settings = settings;
        this.time = time;
        this.random = random;
    }

    /** Goes on where an earlier attempt ended or died. */
    Payment resume(Payment held) {
        return switch (held.state()) {
            case PENDING -> {
                if (held.outlives(settings.keyTrust(), time.instant())) {
                    yield lookUp(held);
                }
                var token = payments.markSent(held);
                yield token.isPresent() ? capture(held, token.get()) : current(held);
            }
            case VOIDING -> undo(held);
            case CAPTURED, DECLINED, VOIDED, REFUNDED ->
                throw new IllegalStateException(
                        "payment " + held.orderId() + " is " + held.state() + ": nothing to do");
        };
    }

    /** Sends a capture; the payment is marked as sent already. */
    Payment capture(Payment held, CardToken token) {
        return switch (acquirer.capture(held.key(), held.charged(), token)) {
            case Captured(var capture) -> settle(held, Settlement.captured(List.of(capture)));
            case Declined(var reason) -> settle(held, Settlement.declined(reason));
            // Voided in a life that this database has forgotten. The void, asked again, tells what it undid.
            case Withdrawn _ -> settle(held, Settlement.voiding());
            case Contradicted _ -> {
                log.error(
                        "payment {}: its key stands for another charge at the acquirer; PENDING until it is voided",
                        held.orderId());
                yield postpone(held, settings.longestBackoff(), false);
            }
            case Unsettled unsettled -> postpone(held, unsettled, unsettled instanceof NotSent);
        };
    }

    /** Sends a void, never a capture. */
    Payment undo(Payment held) {
        if (held.outlives(settings.keyTrust(), time.instant())) {
            return lookUp(held);
        }
        return switch (acquirer.undo(held.key())) {
            case Undone(var movements) -> settle(held, Settlement.voided(movements));
            case TooLate _ -> lookUp(held);
            case Unsettled unsettled -> postpone(held, unsettled, false);
        };
    }

    /**
     * Takes what the acquirer's record says of the order as the answer: unlike a key, a reference is never forgotten.
     */
    Payment lookUp(Payment held) {
        return switch (acquirer.movementsOf(held.orderId())) {
            case Found(var movements) -> conclude(held, movements);
            case Unsettled unsettled -> postpone(held, unsettled, false);
        };
    }

    private Payment conclude(Payment held, List<Movement> movements) {
        var capture = first(Kind.CAPTURE, movements);
        if (capture.isEmpty()) {
            return held.isQuiet(settings.quiet(), time.instant())
                    ? settle(held, Settlement.voided(movements))
                    : postpone(held, settings.longestBackoff(), false);
        }
        if (first(Kind.VOID, movements).isPresent()) {
            return settle(held, Settlement.voided(movements));
        }
        if (first(Kind.REFUND, movements).isPresent()) {
            return settle(held, Settlement.refunded(movements));
        }
        if (held.state() == State.PENDING) {
            return settle(held, Settlement.captured(movements));
        }
        if (first(Kind.CHARGEBACK, movements).isPresent()) {
            return settle(held, Settlement.refunded(movements)); // the customer has the money back; not a second time
        }
        return switch (acquirer.undo(held.key())) {
            case Undone(var undone) when !undone.isEmpty() -> settle(held, Settlement.voided(undone));
            case Undone _, TooLate _ -> refund(held, capture.get()); // the key is forgotten, or the window has closed
            case Unsettled unsettled -> postpone(held, unsettled, false);
        };
    }

    private Payment refund(Payment held, Movement capture) {
        return switch (acquirer.refund(held.key(), capture)) {
            case Refunded(var refund) -> settle(held, Settlement.refunded(List.of(capture, refund)));
            case Refused(var why) -> {
                log.error(
                        "payment {}: its refund was refused ({}); it is VOIDING, the record is looked up again",
                        held.orderId(),
                        why);
                yield postpone(held, settings.longestBackoff(), false);
            }
            case Unsettled unsettled -> postpone(held, unsettled, false);
        };
    }

    private Payment settle(Payment held, Settlement settlement) {
        var settled = payments.settle(held, settlement);
        settled.ifPresent(StateChanges::log);
        return settled.orElseGet(() -> current(held));
    }

    private Payment postpone(Payment held, Unsettled unsettled, boolean certainlyNotSent) {
        var delay = backoff(held.attempt());
        log.info(
                "payment {}: {} and no answer from the acquirer ({}); it is asked again in {} ms",
                held.orderId(),
                held.state(),
                unsettled.why(),
                delay.toMillis());
        return postpone(held, delay, certainlyNotSent);
    }

    private Payment postpone(Payment held, Duration delay, boolean certainlyNotSent) {
        return payments.postpone(held, delay, certainlyNotSent).orElseGet(() -> current(held));
    }

    private Payment current(Payment overtaken) {
        log.info(
                "payment {}: attempt {} was overtaken by another and recorded nothing",
                overtaken.orderId(),
                overtaken.attempt());
        // Without a row, the database has been replaced by an older one: what was held is all that is known.
        return payments.find(overtaken.orderId()).orElse(overtaken);
    }

    /**
     * Half of the bound at least, so that a pause is one; the rest at random, so that those who waited together part.
     */
    private Duration backoff(long attempt) {
        var doublings = Math.min(attempt - 1, 16); // far beyond any bound, and no overflow
        var bound = Math.min(
                settings.longestBackoff().toMillis(), settings.firstBackoff().toMillis() << doublings);
        return Duration.ofMillis(bound / 2 + random.nextLong(bound / 2 + 1));
    }

    private static Optional<Movement> first(Kind kind, List<Movement> movements) {
        return movements.stream().filter(movement -> movement.kind() == kind).findFirst();
    }
}
