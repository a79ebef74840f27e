package store.payment;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
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
import store.payment.Acquirer.Unanswered;
import store.payment.Acquirer.Undone;
import store.payment.Acquirer.VoidAnswer;
import store.payment.Acquirer.Withdrawn;
import store.payment.Payment.State;
import store.payment.Payments.Outcome;
import store.resilience.BackOff;

/**
 * Attempts to bring a held payment forward. Each attempt asks the acquirer, outside any transaction, and records what
 * the answer makes certain. A holder that has been overtaken changes nothing. Every attempt returns the payment as it
 * is afterwards.
 */
public final class Attempts {

    private static final Logger log = LoggerFactory.getLogger(Attempts.class);

    private final Payments payments;
    private final Acquirer acquirer;
    private final AttemptSettings settings;
    private final InstantSource time;
    private final BackOff backOff;
    private final HeldPayments heldPayments;

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
        this.backOff = new BackOff(settings.firstBackoff(), settings.longestBackoff(), random);
        this.heldPayments = new HeldPayments(settings.lease(), System::nanoTime);
    }

    /** Notes payments that this process has taken over and is about to attempt. */
    void hold(List<Payment> taken) {
        taken.forEach(heldPayments::add);
    }

    /**
     * Makes every payment due at once that this process still holds, so that another instance goes on with it. The
     * process calls this when it stops, after running attempts have had time to end.
     */
    public void handBack() {
        var left = heldPayments.all();
        if (!left.isEmpty()) {
            log.info("handed back {} of {} held payments; they are due at once", payments.handBack(left), left.size());
        }
    }

    /** Goes on where an earlier attempt ended, or where its process died. */
    Payment resume(Payment taken) {
        return attempt(taken, held -> switch (held.state()) {
            case PENDING -> {
                if (held.outlives(settings.keyTrust(), time.instant())) {
                    yield decideByRecord(held);
                }
                var token = payments.markSent(held);
                yield token.isPresent() ? sendCapture(held, token.get()) : current(held);
            }
            case VOIDING -> sendVoid(held);
            case UNRECONCILED -> decideByRecord(held);
            case CAPTURED, DECLINED, VOIDED, REFUNDED ->
                throw new IllegalStateException(
                        "payment " + held.orderId() + " is " + held.state() + ": nothing to do");
        });
    }

    /** Sends a capture; the payment is already marked as sent. */
    Payment capture(Payment begun, CardToken token) {
        return attempt(begun, held -> sendCapture(held, token));
    }

    /** Sends a void, never a capture. */
    Payment undo(Payment voiding) {
        return attempt(voiding, this::sendVoid);
    }

    /** Decides by the acquirer's record of the order: the acquirer forgets a key, but never an order. */
    Payment lookUp(Payment begun) {
        return attempt(begun, this::decideByRecord);
    }

    private Payment attempt(Payment held, UnaryOperator<Payment> act) {
        heldPayments.add(held);
        Payment after;
        try {
            after = act.apply(held);
        } catch (WriteRefused refused) {
            rest(held);
            throw refused;
        }
        heldPayments.remove(held);
        return after;
    }

    /** Waits for the longest pause: a write that was refused would be refused again in a moment. */
    private void rest(Payment held) {
        try {
            payments.postpone(held, settings.longestBackoff(), false);
            heldPayments.remove(held);
        } catch (WriteRefused _) {
            // It is due again when its lease ends.
        }
    }

    private Payment sendCapture(Payment held, CardToken token) {
        return switch (acquirer.capture(held.key(), held.charged(), token)) {
            case Captured(var capture) when isFirstSend(held) -> record(held, Outcome.captured(List.of(capture)));
            // A repeat gets the first answer, even if money has moved since.
            case Captured(var capture) -> decideByRecord(held, List.of(capture), null);
            case Declined(var reason) -> record(held, Outcome.declined(reason));
            // The key was voided, and this database has lost the row. A repeated void tells what it undid.
            case Withdrawn _ -> record(held, Outcome.voiding(List.of()));
            case Contradicted _ -> {
                log.error(
                        "payment {}: its key stands for another charge at the acquirer; it stays PENDING until a void",
                        held.orderId());
                yield postpone(held, settings.longestBackoff(), false);
            }
            case Unanswered unanswered -> postpone(held, unanswered, unanswered instanceof NotSent);
        };
    }

    private Payment sendVoid(Payment held) {
        if (held.outlives(settings.keyTrust(), time.instant())) {
            return decideByRecord(held);
        }
        return switch (acquirer.undo(held.key())) {
            case Unanswered unanswered -> postpone(held, unanswered, false);
            case VoidAnswer answer -> decideByRecord(held, undoneBy(answer), answer);
        };
    }

    /** A new row may stand in for a lost one whose capture was sent, so the order must be young, too. */
    private boolean isFirstSend(Payment held) {
        return held.attempt() == 1
                && !held.orderId().createdAt().plus(settings.lease()).isBefore(time.instant());
    }

    private Payment decideByRecord(Payment held) {
        return decideByRecord(held, List.of(), null);
    }

    /**
     * @param known movements that the acquirer has just reported; its record may lag behind
     * @param keyVoid the answer to a void by key that was just sent; null if none was sent
     */
    private Payment decideByRecord(Payment held, List<Movement> known, @Nullable VoidAnswer keyVoid) {
        return switch (acquirer.movementsOf(held.orderId())) {
            case Found(var movements) -> decide(held, new Balance(movements, held.amount()).with(known), keyVoid);
            case Unanswered unanswered -> postpone(held, unanswered, false);
        };
    }

    private Payment decide(Payment held, Balance balance, @Nullable VoidAnswer keyVoid) {
        return switch (balance.standing()) {
            case NOTHING -> nothingMoved(held, keyVoid);
            case CAPTURED -> captured(held, balance, keyVoid);
            case VOIDED -> record(held, Outcome.voided(balance.movements()));
            case REFUNDED -> record(held, Outcome.refunded(balance.movements()));
            case UNRECONCILED -> leaveUnreconciled(held, balance);
        };
    }

    private Payment captured(Payment held, Balance balance, @Nullable VoidAnswer keyVoid) {
        // A version that does not know void_wanted may have made the payment VOIDING.
        if (!held.voidWanted() && held.state() != State.VOIDING) {
            return record(held, Outcome.captured(balance.movements()));
        }
        return held.state() == State.VOIDING
                ? giveBack(held, balance, keyVoid)
                : record(held, Outcome.voiding(balance.movements()));
    }

    private Payment nothingMoved(Payment held, @Nullable VoidAnswer keyVoid) {
        // After a void by key the acquirer refuses a late capture. If no void was sent, a capture may still be on its
        // way.
        // An acquirer that refuses the void has a capture, although its record does not show it yet.
        var nothingCanMove =
                keyVoid == null ? held.isQuiet(settings.quiet(), time.instant()) : keyVoid instanceof Undone;
        return nothingCanMove && held.state() != State.UNRECONCILED
                ? record(held, Outcome.voided(List.of()))
                : postpone(held, settings.longestBackoff(), false);
    }

    private Payment giveBack(Payment held, Balance balance, @Nullable VoidAnswer keyVoid) {
        if (keyVoid != null) {
            return refund(held, balance); // the acquirer has forgotten the key, or its void window has closed
        }
        return switch (acquirer.undo(held.key())) {
            case Undone(var undone) when !undone.isEmpty() -> recordUndone(held, balance.with(undone));
            case Unanswered unanswered -> postpone(held, unanswered, false);
            case Undone _, TooLate _ -> refund(held, balance);
        };
    }

    private Payment refund(Payment held, Balance balance) {
        return switch (acquirer.refund(held.key(), balance.captured())) {
            case Refunded(var refund) -> recordUndone(held, balance.with(List.of(refund)));
            case Refused(var why) -> {
                log.error(
                        "payment {}: the acquirer refused the refund ({}); it stays VOIDING and is looked up again",
                        held.orderId(),
                        why);
                yield postpone(held, settings.longestBackoff(), false);
            }
            case Unanswered unanswered -> postpone(held, unanswered, false);
        };
    }

    private Payment recordUndone(Payment held, Balance balance) {
        return switch (balance.standing()) {
            case VOIDED -> record(held, Outcome.voided(balance.movements()));
            case REFUNDED -> record(held, Outcome.refunded(balance.movements()));
            case NOTHING, CAPTURED, UNRECONCILED -> leaveUnreconciled(held, balance);
        };
    }

    private Payment leaveUnreconciled(Payment held, Balance balance) {
        if (held.state() != State.UNRECONCILED) {
            log.error(
                    "payment {}: the acquirer's record has {}, which is neither nothing nor the charged amount; a"
                            + " person has to look at it, and the record is looked up again until it adds up",
                    held.orderId(),
                    balance);
        }
        return record(held, Outcome.unreconciled(balance.movements(), settings.longestBackoff()));
    }

    private static List<Movement> undoneBy(VoidAnswer keyVoid) {
        return keyVoid instanceof Undone(var movements) ? movements : List.of();
    }

    private Payment record(Payment held, Outcome outcome) {
        var recorded = payments.record(held, outcome);
        recorded.filter(payment -> payment.state() != held.state()).ifPresent(payment -> {
            StateChanges.log(payment);
            if (payment.state() == State.UNRECONCILED && outcome.state() != State.UNRECONCILED) {
                log.error(
                        "payment {}: it is {} by the acquirer's record, but by the ledger money is still captured; a"
                                + " person has to look at it",
                        held.orderId(),
                        outcome.state());
            }
        });
        return recorded.orElseGet(() -> current(held));
    }

    private Payment postpone(Payment held, Unanswered unanswered, boolean certainlyNotSent) {
        var delay = backOff.after(held.attempt() - 1);
        log.info(
                "payment {}: it is {}, and the acquirer has not answered ({}); the next attempt is in {} ms",
                held.orderId(),
                held.state(),
                unanswered.why(),
                delay.toMillis());
        return postpone(held, delay, certainlyNotSent);
    }

    private Payment postpone(Payment held, Duration delay, boolean certainlyNotSent) {
        return payments.postpone(held, delay, certainlyNotSent).orElseGet(() -> current(held));
    }

    private Payment current(Payment overtaken) {
        log.info(
                "payment {}: another attempt overtook attempt {}, which recorded nothing",
                overtaken.orderId(),
                overtaken.attempt());
        // If there is no row, the database was replaced by an older one: the held payment is all that is known.
        return payments.find(overtaken.orderId()).orElse(overtaken);
    }
}
