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

/** Decides whether a store kept its promises, by what its databases, the acquirer, its clients and its links say. */
public final class Auditor {

    private static final int HISTORIES = 20;

    /** An arrival count as the links write it. */
    private record Arrival(String link, long second, long requests) {}

    private Auditor() {}

    /**
     * Reads everything and judges it. Nothing is written: each database is read in one read-only transaction, as the user that the store
     * names.
     *
     * @param store its databases, under the names that {@code deploy/local/status} gives them ({@code order-db}, {@code inventory-db} and
     *     {@code payment-db}, or {@code monolith-db} for all three schemas in one), with {@code jdbcUrl}, {@code user} and
     *     {@code password}; its {@code acquirer-sandbox} with its {@code url}; and, for I9, its {@code links} with theirs. It need not
     *     have been started by that command.
     * @param journal what the clients saw; without it I5, I6 and I10 are not judged
     * @throws IOException if one of them is not there, or cannot be read
     */
    public static Verdict audit(RunningStore store, @Nullable Path journal, Bounds bounds)
            throws IOException, SQLException, InterruptedException {
        return audit(store, journal, null, bounds);
    }

    /** @param arrivals what the links counted, as JSON; without it they are asked, and without them I9 is not judged */
    static Verdict audit(RunningStore store, @Nullable Path journal, @Nullable Path arrivals, Bounds bounds)
            throws IOException, SQLException, InterruptedException {
        var facts = new Facts();
        // Before the databases: what a client was told must be in them afterwards.
        if (journal != null) {
            facts.journalGiven = true;
            try (var entries = Journal.read(journal)) {
                entries.forEach(facts::answered);
            }
        }
        var reader = new StoreReader(store);
        if (arrivals == null) {
            reader.arrivals(facts);
        } else {
            facts.arrivalsGiven = true;
            for (var arrival : JsonMapper.shared().readValue(arrivals.toFile(), Arrival[].class)) {
                facts.arrived(arrival.link(), arrival.second(), arrival.requests());
            }
        }
        reader.readInto(facts);
        var findings = new Judgement(facts, bounds).findings();
        var named = findings.values().stream()
                .flatMap(finding -> finding.violations().stream())
                .map(Violation::orderId)
                .filter(Objects::nonNull)
                .distinct()
                .limit(HISTORIES)
                .toList();
        return new Verdict(
                Verdict.of(findings),
                facts.now,
                facts.orders.values().stream()
                        .filter(order -> order.status != null)
                        .count(),
                findings,
                Branches.of(facts),
                facts.all().stream().mapToLong(order -> order.chargebacks).sum(),
                Histories.of(named, facts, reader, journal));
    }
}
