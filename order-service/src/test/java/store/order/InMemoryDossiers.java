package store.order;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.order.InMemoryOrders.Row;
import store.order.Lease.Actor;

/** The operator's view of {@link InMemoryOrders}. */
final class InMemoryDossiers implements Dossiers {

    private final InMemoryOrders orders;

    InMemoryDossiers(InMemoryOrders orders) {
        this.orders = orders;
    }

    @Override
    public List<Summary> open(Duration overdue, int limit) {
        var since = orders.now().minus(overdue);
        return Stream.concat(
                        orders.rowsIn(Status.NEEDS_ATTENTION),
                        orders.rowsIn(Status.PENDING, Status.CANCELLING)
                                .filter(row -> row.order.createdAt().isBefore(since)))
                .limit(limit)
                .map(InMemoryDossiers::summary)
                .toList();
    }

    @Override
    public int needingAttention() {
        return (int) orders.rowsIn(Status.NEEDS_ATTENTION).count();
    }

    @Override
    public Optional<Dossier> find(OrderId id) {
        return orders.findRow(id).map(row -> {
            var order = row.order;
            return new Dossier(
                    order.id().value(),
                    order.customer().value(),
                    order.status(),
                    order.reason(),
                    order.lines(),
                    order.expectedTotal(),
                    order.total(),
                    row.givenUpFor,
                    row.attempts,
                    row.dueAt,
                    orders.settlements.of(id),
                    order.createdAt(),
                    order.updatedAt(),
                    List.copyOf(row.audit));
        });
    }

    @Override
    public Optional<Status> retry(OrderId id, @Nullable String why) {
        return needing(id).map(row -> {
            row.order = row.givenUpFor == null
                    ? row.order.pendingAgain()
                    : row.order.pendingAgain().cancelling(row.givenUpFor);
            row.attempts = 0;
            row.leaseToken++;
            row.endLease(orders.now());
            row.note("CHANGED", Actor.OPERATOR, why);
            return row.order.status();
        });
    }

    @Override
    public Optional<LeasedOrder> giveUp(OrderId id, String why, Duration lease) {
        return needing(id).map(row -> {
            var reason = Objects.requireNonNullElse(row.givenUpFor, Reason.PATIENCE);
            row.order = row.order.pendingAgain().cancelling(reason);
            row.giveUp(reason);
            row.attempts = 0;
            return leased(row, "CHANGED", why, orders.now().plus(lease));
        });
    }

    @Override
    public Optional<LeasedOrder> take(OrderId id, String why, Duration lease) {
        return needing(id)
                .filter(row -> row.givenUpFor == null)
                .map(row -> leased(row, "RESOLVING", why, orders.now().plus(lease)));
    }

    @Override
    public void refuse(LeasedOrder taken, String why) {
        var row = orders.row(taken.order().id());
        if (row.leaseToken == taken.lease().token() && row.is(Status.NEEDS_ATTENTION)) {
            row.endLease(row.dueAt);
        }
        row.note("RESOLVE_REFUSED", Actor.OPERATOR, why);
    }

    private Optional<Row> needing(OrderId id) {
        return orders.rowsIn(Status.NEEDS_ATTENTION)
                .filter(row -> row.order.id().equals(id))
                .findFirst();
    }

    private static LeasedOrder leased(Row row, String event, String why, Instant until) {
        row.lease(Actor.OPERATOR, until);
        row.note(event, Actor.OPERATOR, why);
        return row.leased();
    }

    private static Summary summary(Row row) {
        var notes = row.audit.stream().map(Entry::note).filter(Objects::nonNull).toList();
        return new Summary(
                row.order.id().value(),
                row.order.status(),
                row.order.reason(),
                row.order.createdAt(),
                row.order.updatedAt(),
                row.attempts,
                notes.isEmpty() ? null : notes.getLast());
    }
}
