package store.proof;

import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import store.chaos.audit.Auditor;
import store.chaos.audit.Bounds;
import store.chaos.audit.Verdict;
import store.chaos.running.RunningStore;
import store.chaos.running.RunningStore.Part;
import store.payment.Acquirer;
import store.payment.Acquirer.Page;
import store.payment.Movement;

/**
 * Judges a store in which all work has ended, and which had neither a client's journal nor a network between its parts.
 */
public final class AtRest {

    /** The invariants that can be judged. The others need a client's journal and a network. */
    public static final Set<String> JUDGED = Set.of("I1", "I2", "I3", "I4", "I7", "I8");

    private AtRest() {}

    /**
     * Judges everything that has happened in the store.
     *
     * @param within how long from now open work may take: zero, unless clocks were ahead in the test
     */
    public static Verdict audit(
            String name, String jdbcUrl, String user, String password, int acquirerPort, Duration within)
            throws IOException, SQLException, InterruptedException {
        var acquirer = "http://127.0.0.1:" + acquirerPort;
        var store = new RunningStore(
                name,
                "monolith",
                URI.create(acquirer), // no client uses the public address
                List.of(
                        Part.database("monolith-db", jdbcUrl, user, password),
                        Part.service("acquirer-sandbox", acquirer)));
        return Auditor.audit(store, null, new Bounds(Instant.now(), within, Bounds.STANDARD.recoveryPerSecond()));
    }

    /** All movements on the acquirer's statement; empty if the acquirer does not answer. */
    public static Optional<List<Movement>> statement(Acquirer acquirer) {
        List<Movement> movements = new ArrayList<>();
        String after = null;
        do {
            if (!(acquirer.statement(after, 1000) instanceof Page page)) {
                return Optional.empty();
            }
            movements.addAll(page.movements());
            after = page.next();
        } while (after != null);
        return Optional.of(movements);
    }
}
