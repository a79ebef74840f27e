package store.order;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Settlements in memory, on the clock of their {@link InMemoryOrders}. */
public final class InMemorySettlements implements Settlements {

    private final Map<OrderId, Row> rows = new LinkedHashMap<>();
    private final InstantSource time;

    public InMemorySettlements(InstantSource time) {
        this.time = time;
    }

    public synchronized void add(OrderId order, Settlement settlement, boolean ofRequest) {
        rows.put(order, new Row(order, settlement, ofRequest, time.instant()));
    }

    public synchronized @Nullable Settlement of(OrderId order) {
        return Optional.ofNullable(rows.get(order)).map(row -> row.settlement).orElse(null);
    }

    /** Time until the settlement may be claimed. */
    public synchronized Duration dueIn(OrderId order) {
        return Duration.between(time.instant(), Objects.requireNonNull(rows.get(order)).dueAt);
    }

    @Override
    public List<Open> claimFresh(int limit, Duration fresh, Duration lease) {
        var since = time.instant().minus(fresh);
        return claim(row -> row.isFresh(since), limit, lease);
    }

    @Override
    public List<Open> claimLate(int limit, Duration fresh, Duration lease) {
        var since = time.instant().minus(fresh);
        return claim(row -> !row.isFresh(since), limit, lease);
    }

    private synchronized List<Open> claim(Predicate<Row> which, int limit, Duration lease) {
        var now = time.instant();
        return rows.values().stream()
                .filter(row -> !row.dueAt.isAfter(now) && which.test(row))
                .sorted(comparing(row -> row.dueAt))
                .limit(limit)
                .toList()
                .stream()
                .map(row -> row.takenUntil(now.plus(lease)))
                .toList();
    }

    @Override
    public synchronized int retried() {
        return (int) rows.values().stream().filter(row -> row.attempts > 1).count();
    }

    @Override
    public synchronized void done(Collection<OrderId> orders) {
        orders.forEach(rows::remove);
    }

    @Override
    public synchronized void handBack(Collection<Open> taken) {
        for (var open : taken) {
            var row = rows.get(open.order());
            if (row != null && row.attempts == open.attempts() + 1) {
                row.dueAt = time.instant();
            }
        }
    }

    @Override
    public synchronized void postpone(OrderId order, Duration delay) {
        var row = rows.get(order);
        if (row != null) {
            row.dueAt = time.instant().plus(delay);
        }
    }

    private static final class Row {
        final OrderId order;
        final Settlement settlement;
        final boolean ofRequest;
        final Instant createdAt;
        Instant dueAt;
        int attempts;

        Row(OrderId order, Settlement settlement, boolean ofRequest, Instant now) {
            this.order = order;
            this.settlement = settlement;
            this.ofRequest = ofRequest;
            this.createdAt = now;
            this.dueAt = now;
        }

        boolean isFresh(Instant since) {
            return ofRequest && attempts == 0 && createdAt.isAfter(since);
        }

        Open takenUntil(Instant until) {
            dueAt = until;
            return new Open(order, settlement, attempts++);
        }
    }
}
