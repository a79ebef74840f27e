package store.payment;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.payment.Acquirer.Page;
import store.payment.Acquirer.Unanswered;
import store.payment.Acquirer.UnknownCursor;
import store.payment.Acquirer.Unreadable;
import store.payment.Discrepancy.Finding;
import store.payment.Discrepancy.Kind;
import store.payment.Ledger.Comparison;

/**
 * Compares the ledger with the acquirer's statement, both ways, and with the payments. It books movements that only the
 * statement has, such as a chargeback or a capture that a restored database has lost: the statement is the truth. It
 * records every other difference as a {@link Discrepancy}. No difference stops the reading.
 */
public final class ReconcileLedger {

    private static final Logger log = LoggerFactory.getLogger(ReconcileLedger.class);

    /** A page is booked in one SQL statement, within its time bound even on a busy machine. */
    private static final int PAGE = 100;

    /** A few seconds of work: after a lost cursor, a million movements are read again in a quarter of an hour. */
    private static final int PAGES_AT_ONCE = 100;

    /**
     * A movement further in the future than this has a wrong time. If the reconciler waited for that time, it would
     * read nothing until then.
     */
    private static final Duration PLAUSIBLY_AHEAD = Duration.ofMinutes(5);

    /** If an acquirer has lost its record, a few lines tell as much as all of them. */
    private static final int LOGGED_AT_ONCE = 20;

    private final Ledger ledger;
    private final Acquirer acquirer;
    private final Duration bookingDelay;
    private final InstantSource time;

    /** Whether the last run got no answer: an outage is logged once. */
    private volatile boolean outage;

    /** @param bookingDelay age at which a movement counts as missing; until then its payment may be about to book it */
    public ReconcileLedger(Ledger ledger, Acquirer acquirer, Duration bookingDelay, InstantSource time) {
        this.ledger = ledger;
        this.acquirer = acquirer;
        this.bookingDelay = bookingDelay;
        this.time = time;
    }

    /**
     * Reads on in the statement, at most {@value #PAGES_AT_ONCE} pages of {@value #PAGE} movements. At the statement's
     * end it compares a part of the ledger with the statement.
     *
     * @return number of movements that only the statement had
     */
    public int reconcile() {
        var differences = 0;
        var now = time.instant(); // before any page is read: the last page has every movement that is due by now
        for (var pages = 0; pages < PAGES_AT_ONCE; pages++) {
            var after = ledger.cursor(acquirer.name());
            var answer = acquirer.statement(after, PAGE);
            noteOutage(answer);
            switch (answer) {
                case Page page -> {
                    var due = page.movements().stream()
                            .filter(movement -> isDue(movement, now))
                            .toList();
                    var whole = due.size() == page.movements().size();
                    var last = page.next() == null || page.isEmpty();
                    differences += book(page, due, whole && !last ? page.next() : after);
                    if (!whole || last) {
                        // The cursor stays before this page: its rest is read again in a later run.
                        var shownUpTo = whole ? now.minus(bookingDelay) : lastDue(page.movements(), now);
                        if (shownUpTo != null) {
                            report(ledger.sweep(acquirer.name(), shownUpTo));
                        }
                        return differences;
                    }
                }
                case UnknownCursor _ -> startAgain(after);
                case Unanswered _ -> {
                    return differences;
                }
            }
        }
        return differences;
    }

    /** Whether its time is outside (now - bookingDelay, now + {@link #PLAUSIBLY_AHEAD}]. */
    private boolean isDue(Movement movement, Instant now) {
        return !movement.at().isAfter(now.minus(bookingDelay)) || movement.at().isAfter(now.plus(PLAUSIBLY_AHEAD));
    }

    /** Until here the statement has shown everything, even if the acquirer's clock was set back; null if not known. */
    private @Nullable Instant lastDue(List<Movement> movements, Instant now) {
        return movements.stream()
                .takeWhile(movement -> isDue(movement, now))
                .map(Movement::at)
                .filter(at -> !at.isAfter(now))
                .reduce((_, later) -> later)
                .orElse(null);
    }

    private int book(Page page, List<Movement> due, @Nullable String cursor) {
        var found = page.unreadable().stream().map(ReconcileLedger::finding).toList();
        var booked = ledger.reconcile(acquirer.name(), due, found, cursor);
        for (var movement : due) {
            if (booked.booked().contains(movement.id())) {
                log.info(
                        "payment {}: only the acquirer's statement had its {} {}; it is booked now",
                        movement.orderId(),
                        movement.kind(),
                        movement.id());
            }
        }
        report(booked);
        var orders = due.stream().map(Movement::orderId).collect(Collectors.<UUID>toUnmodifiableSet());
        if (!orders.isEmpty()) {
            report(ledger.compare(acquirer.name(), orders));
        }
        return booked.booked().size();
    }

    private static Finding finding(Unreadable line) {
        var about = line.id() == null
                ? UUID.nameUUIDFromBytes(line.raw().getBytes(UTF_8)).toString()
                : line.id();
        return new Finding(Kind.UNREADABLE_MOVEMENT, about, line.id(), line.orderId(), line.why() + ": " + line.raw());
    }

    /** Reading again is safe, because each movement is booked once. */
    private void startAgain(@Nullable String lost) {
        var detail =
                "the acquirer does not know the cursor " + lost + "; its statement is read again from the beginning";
        var finding = new Finding(Kind.UNKNOWN_CURSOR, String.valueOf(lost), null, null, detail);
        report(ledger.reconcile(acquirer.name(), List.of(), List.of(finding), null));
    }

    private void noteOutage(Acquirer.StatementAnswer answer) {
        if (answer instanceof Unanswered unanswered && !outage) {
            log.warn(
                    "the acquirer does not answer with its statement ({}); each run asks again and goes on from there",
                    unanswered.why());
        } else if (!(answer instanceof Unanswered) && outage) {
            log.info("the acquirer answers with its statement again");
        }
        outage = answer instanceof Unanswered;
    }

    private static void report(Comparison comparison) {
        var discrepancies = comparison.discrepancies();
        for (var discrepancy : discrepancies.subList(0, Math.min(discrepancies.size(), LOGGED_AT_ONCE))) {
            if (discrepancy.clearedAt() != null) {
                log.info("{}: no longer {}; the discrepancy is cleared", subject(discrepancy), discrepancy.kind());
            } else if (discrepancy.kind() == Kind.UNKNOWN_CURSOR) {
                log.warn("{}", discrepancy.detail());
            } else {
                // The detail may quote the acquirer's record, so it stays in the database.
                log.error(
                        "{}: {}; it is recorded, nothing is changed, and an operator has to look into it",
                        subject(discrepancy),
                        discrepancy.kind());
            }
        }
        if (discrepancies.size() > LOGGED_AT_ONCE) {
            log.error("{} more discrepancies were found or cleared", discrepancies.size() - LOGGED_AT_ONCE);
        }
    }

    private static String subject(Discrepancy discrepancy) {
        var order = discrepancy.orderId() == null ? "reconciliation" : "payment " + discrepancy.orderId();
        return discrepancy.movementId() == null ? order : order + ", movement " + discrepancy.movementId();
    }
}
