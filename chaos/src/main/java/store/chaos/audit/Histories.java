package store.chaos.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict.Event;
import store.chaos.journal.Journal;

/** The records of every source about a few orders, sorted by time; each source has its own clock. */
final class Histories {

    private static final int BODY_SHOWN = 200;

    private Histories() {}

    static Map<UUID, List<Event>> of(Collection<UUID> ids, Facts facts, StoreReader store, @Nullable Path journal)
            throws IOException, SQLException, InterruptedException {
        var histories = new LinkedHashMap<UUID, List<Event>>();
        ids.forEach(id -> histories.put(id, new ArrayList<>()));
        if (histories.isEmpty()) {
            return histories;
        }
        read(store, histories, "orders", "audit", """
            select order_id, at, concat_ws(' ', event, status, reason, 'by', actor, 'token', lease_token)
            from orders.order_audit where order_id = any(?)
            """);
        read(store, histories, "inventory", "reservation", """
            select order_id, at, concat_ws(' ', from_state, 'to', to_state, e.refusal,
                case when from_state is null then 'asked for ' || requested::text end)
            from inventory.reservation_event e left join inventory.reservation using (order_id)
            where order_id = any(?) order by id
            """);
        read(store, histories, "payments", "payment event", """
            select order_id, at, concat_ws(' ', from_state, 'to', to_state, decline_reason, 'attempt', attempt)
            from payments.payment_event where order_id = any(?)
            """);
        read(store, histories, "payments", "payment", """
            select order_id, updated_at,
                concat_ws(' ', state, amount, currency, acquirer_key, 'sent', first_sent_at, 'last', last_sent_at)
            from payments.payment where order_id = any(?)
            """);
        read(store, histories, "payments", "ledger", """
            select order_id, booked_at, concat_ws(' ', kind, amount, currency, movement_id)
            from payments.ledger_posting where order_id = any(?)
            """);
        histories.forEach((id, events) -> facts.order(id).movements().stream()
                .map(movement -> new Event(
                        movement.at(),
                        "statement",
                        "%s %d %s %s"
                                .formatted(movement.kind(), movement.amount(), movement.currency(), movement.id())))
                .forEach(events::add));
        if (journal != null) {
            try (var entries = Journal.read(journal)) {
                entries.forEach(entry -> journalled(entry, facts, histories));
            }
        }
        histories.values().forEach(events -> events.sort(Comparator.comparing(Event::at)));
        return histories;
    }

    private static void read(
            StoreReader store, Map<UUID, List<Event>> histories, String schema, String source, String sql)
            throws IOException, SQLException {
        try (var database = store.connect(schema)) {
            var ids = database.createArrayOf("uuid", histories.keySet().toArray());
            StoreReader.each(
                    database,
                    sql,
                    row -> Objects.requireNonNull(histories.get(row.getObject(1, UUID.class)))
                            .add(new Event(StoreReader.instant(row, 2), source, row.getString(3))),
                    ids);
        }
    }

    /** A line belongs to an order if it has the order's key, or its answer names the order. */
    private static void journalled(Journal.Entry entry, Facts facts, Map<UUID, List<Event>> histories) {
        var body = entry.body() == null ? "" : entry.body();
        var key = Answer.keyOf(entry);
        histories.forEach((id, events) -> {
            var row = facts.order(id).row();
            if (row != null && row.key().equals(key) || body.contains(id.toString())) {
                var shown = body.length() > BODY_SHOWN ? body.substring(0, BODY_SHOWN) + "…" : body;
                events.add(new Event(
                        entry.at(),
                        "journal",
                        "%s attempt %d of key %s: %d in %.0f ms %s"
                                .formatted(
                                        entry.call(),
                                        entry.attempt(),
                                        entry.key(),
                                        entry.status(),
                                        entry.millis(),
                                        shown)));
            }
        });
    }
}
