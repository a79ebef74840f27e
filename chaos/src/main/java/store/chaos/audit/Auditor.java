package store.chaos.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict.Violation;
import store.chaos.journal.Journal;
import store.chaos.running.RunningStore;
import tools.jackson.databind.json.JsonMapper;

/** Decides whether a store kept its promises, by the records of its databases, the acquirer, its clients and its links. */
public final class Auditor {

    private static final int HISTORIES = 20;

    /** A count of arrivals, as the links write it. */
    private record Arrival(String link, long second, long requests) {}

    private Auditor() {}

    /**
     * Reads everything and judges it. Each database is read in one read-only transaction, as the user that the store names.
     *
     * @param store its databases, under the names that {@code deploy/local/status} gives them ({@code order-db}, {@code inventory-db} and
     *     {@code payment-db}, or {@code monolith-db} for all three schemas in one), with {@code jdbcUrl}, {@code user} and
     *     {@code password}; its {@code acquirer-sandbox} with its {@code url}; and, for I9, its {@code links} with their {@code url}. The
     *     store may have been started in any way.
     * @param journal what the clients saw; without it I5, I6 and I10 are not judged
     * @throws IOException if one of them is missing or cannot be read
     */
    public static Verdict audit(RunningStore store, @Nullable Path journal, Bounds bounds)
            throws IOException, SQLException, InterruptedException {
        return audit(store, journal, null, bounds);
    }

    /** @param arrivals the links' counts as JSON; null to ask the store's links, and without links I9 is not judged */
    static Verdict audit(RunningStore store, @Nullable Path journal, @Nullable Path arrivals, Bounds bounds)
            throws IOException, SQLException, InterruptedException {
        var reader = new StoreReader(store);
        var facts = read(reader, journal, arrivals);
        var orders = facts.orders().values();
        var findings = Judgement.of(facts, bounds);
        var named = findings.values().stream()
                .flatMap(finding -> finding.violations().stream())
                .map(Violation::orderId)
                .filter(Objects::nonNull)
                .distinct()
                .limit(HISTORIES)
                .toList();
        return new Verdict(
                Verdict.of(findings),
                facts.now(),
                orders.stream().filter(order -> order.row() != null).count(),
                findings,
                Branches.of(facts),
                orders.stream().mapToLong(order -> order.count("CHARGEBACK")).sum(),
                Histories.of(named, facts, reader, journal));
    }

    private static Facts read(StoreReader reader, @Nullable Path journal, @Nullable Path arrivals)
            throws IOException, SQLException, InterruptedException {
        var facts = new Facts.Builder();
        // Before the databases: whatever a client was told must be in them afterwards.
        if (journal != null) {
            facts.hasJournal = true;
            try (var entries = Journal.read(journal)) {
                entries.forEach(facts::answered);
            }
        }
        if (arrivals == null) {
            reader.arrivals(facts);
        } else {
            facts.hasArrivals = true;
            for (var arrival : JsonMapper.shared().readValue(arrivals.toFile(), Arrival[].class)) {
                facts.arrived(arrival.link(), arrival.second(), arrival.requests());
            }
        }
        reader.readInto(facts);
        return facts.build();
    }
}
