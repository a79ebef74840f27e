package store.chaos.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict.Event;
import store.chaos.journal.Journal;

/** What every source knows of a few orders, in order of time, each by its own clock. */
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
        store.statement(movement -> add(
                histories,
                movement.orderId(),
                new Event(
                        movement.at(),
                        "statement",
                        "%s %d %s %s"
                                .formatted(movement.kind(), movement.amount(), movement.currency(), movement.id()))));
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
            var parameters = new Object[(int) sql.chars().filter(c -> c == '?').count()];
            Arrays.fill(parameters, ids);
            StoreReader.each(
                    database,
                    sql,
                    row -> add(
                            histories,
                            row.getObject(1, UUID.class),
                            new Event(StoreReader.instant(row, 2), source, row.getString(3))),
                    parameters);
        }
    }

    /** A line belongs to an order by its key, or by an id that its answer names. */
    private static void journalled(Journal.Entry entry, Facts facts, Map<UUID, List<Event>> histories) {
        var body = entry.body() == null ? "" : entry.body();
        var key = entry.key() == null || entry.customer() == null ? null : Facts.keyOf(entry.customer(), entry.key());
        var stored = key == null ? null : facts.byKey.get(key);
        for (var id : histories.keySet()) {
            if (stored != null && stored.id.equals(id) || body.contains(id.toString())) {
                add(
                        histories,
                        id,
                        new Event(
                                entry.at(),
                                "journal",
                                "%s attempt %d of key %s: %d in %.0f ms %s"
                                        .formatted(
                                                entry.call(),
                                                entry.attempt(),
                                                entry.key(),
                                                entry.status(),
                                                entry.millis(),
                                                body.length() > BODY_SHOWN
                                                        ? body.substring(0, BODY_SHOWN) + "…"
                                                        : body)));
            }
        }
    }

    private static void add(Map<UUID, List<Event>> histories, UUID id, Event event) {
        var history = histories.get(id);
        if (history != null) {
            history.add(event);
        }
    }
}
