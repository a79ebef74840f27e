package store.chaos.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.journal.Journal;

/**
 * The records of the databases, the acquirer's statement, the journal and the links, for each {@link Invariant} to judge.
 *
 * @param now the order database's clock at its snapshot
 * @param orders every order that any source names, by id
 * @param journal null if there is none
 * @param arrivals requests by link and second; null if no links counted them
 */
record Facts(
        Instant now,
        Map<UUID, Order> orders,
        List<Stock> stock,
        @Nullable Clients journal,
        @Nullable Map<String, NavigableMap<Long, Long>> arrivals) {

    /** One product's stock, and the sums of the reservations in the same snapshot. */
    record Stock(String sku, long initial, long available, long held, long sold, long reserved, long committed) {}

    /**
     * The requests that clients sent and the answers that they got.
     *
     * @param keys by {@link Answer#key}
     * @param asked requests that clients sent, by the service that they were meant for and second
     */
    record Clients(Map<UUID, Key> keys, Map<String, NavigableMap<Long, Long>> asked) {}

    /**
     * The attempts with one idempotency key.
     *
     * @param stored the order whose row has the key; null if there is none
     */
    record Key(String name, @Nullable Order stored, List<Answer> answers) {}

    Order order(UUID id) {
        return Objects.requireNonNull(orders.get(id));
    }

    static void add(Map<String, NavigableMap<Long, Long>> counts, String name, long second, long requests) {
        counts.computeIfAbsent(name, _ -> new TreeMap<>()).merge(second, requests, Long::sum);
    }

    /** Gathers facts as they are read: a hundred thousand orders must fit in memory. */
    static final class Builder {
        Instant now = Instant.EPOCH;
        boolean hasJournal;
        boolean hasArrivals;
        final List<Stock> stock = new ArrayList<>();
        private final Map<UUID, Order.Builder> orders = new HashMap<>();
        private final Map<UUID, Key> keys = new HashMap<>();
        private final Map<String, NavigableMap<Long, Long>> asked = new HashMap<>();
        private final Map<String, NavigableMap<Long, Long>> arrivals = new TreeMap<>();

        Order.Builder order(UUID id) {
            return orders.computeIfAbsent(id, _ -> new Order.Builder());
        }

        void answered(Journal.Entry entry) {
            var second = entry.at().getEpochSecond();
            switch (entry.call()) {
                case "browse" -> add(asked, "inventory-service", second, 1);
                case "place", "order", "cancel" -> add(asked, "order-service", second, 1);
                default -> {} // the gateway makes guests without a service
            }
            var answer = Answer.of(entry);
            if (answer.key() != null) {
                var name = String.valueOf(entry.key());
                keys.computeIfAbsent(answer.key(), _ -> new Key(name, null, new ArrayList<>(2)))
                        .answers()
                        .add(answer);
            }
            if (answer.order() != null) {
                order(answer.order()).answers.add(answer);
            }
        }

        void arrived(String link, long second, long requests) {
            add(arrivals, link, second, requests);
        }

        Facts build() {
            var built = new HashMap<UUID, Order>();
            var stored = new HashMap<UUID, Order>();
            orders.forEach((id, draft) -> {
                var order = draft.build(id);
                built.put(id, order);
                if (order.row() != null) {
                    stored.put(order.row().key(), order);
                }
            });
            var keyed = new HashMap<UUID, Key>();
            keys.forEach((id, key) -> keyed.put(id, new Key(key.name(), stored.get(id), List.copyOf(key.answers()))));
            return new Facts(
                    now,
                    Collections.unmodifiableMap(built),
                    List.copyOf(stock),
                    hasJournal ? new Clients(keyed, asked) : null,
                    hasArrivals ? arrivals : null);
        }
    }
}
