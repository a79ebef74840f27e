package store.payment;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import store.payment.Acquirer.Page;
import store.payment.Acquirer.Unsettled;

/**
 * Compares the ledger with the acquirer's statement and books what only the statement knows: a chargeback, or a capture
 * that a restored database has lost.
 */
public final class ReconcileLedger {

    private static final Logger log = LoggerFactory.getLogger(ReconcileLedger.class);

    private static final int PAGE = 200;
    private static final int PAGES_AT_ONCE = 20;

    private final Ledger ledger;
    private final Acquirer acquirer;
    private final Duration settling;
    private final InstantSource time;

    /** @param settling age at which a movement counts as missing; before, its payment may just be about to book it */
    public ReconcileLedger(Ledger ledger, Acquirer acquirer, Duration settling, InstantSource time) {
        this.ledger = ledger;
        this.acquirer = acquirer;
        this.settling = settling;
        this.time = time;
    }

    /**
     * Reads on in the statement, at most {@value #PAGES_AT_ONCE} pages of {@value #PAGE} movements.
     *
     * @return how many movements only the statement knew
     */
    public int reconcile() {
        var differences = 0;
        for (var pages = 0; pages < PAGES_AT_ONCE; pages++) {
            var after = ledger.cursor(acquirer.name());
            switch (acquirer.statement(after, PAGE)) {
                case Page(var movements, var next) -> {
                    var settled = settled(movements);
                    var wholePage = next != null && !movements.isEmpty() && settled.size() == movements.size();
                    differences += book(settled, wholePage ? next : after);
                    if (!wholePage) {
                        return differences; // the rest is read again when there is more
                    }
                }
                case Unsettled unsettled -> {
                    log.info("no statement from the acquirer ({}); the next run goes on from here", unsettled.why());
                    return differences;
                }
            }
        }
        return differences;
    }

    private List<Movement> settled(List<Movement> movements) {
        var youngest = time.instant().minus(settling);
        return movements.stream()
                .filter(movement -> !movement.at().isAfter(youngest))
                .toList();
    }

    private int book(List<Movement> movements, @Nullable String cursor) {
        var missing = ledger.reconcile(acquirer.name(), movements, cursor);
        for (var movement : movements) {
            if (missing.contains(movement.id())) {
                log.info(
                        "payment {}: only the acquirer's statement knew its {} {}; it is booked now",
                        movement.orderId(),
                        movement.kind(),
                        movement.id());
            }
        }
        return missing.size();
    }
}
