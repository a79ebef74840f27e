package store.order;

import static java.util.Comparator.comparing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.order.Dossiers.Entry;
import store.order.Lease.Actor;

/** Orders in memory. The clock stands still until a test advances it. */
final class InMemoryOrders implements Orders {

    private final Map<OrderId, Row> rows = new LinkedHashMap<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private @Nullable Failure nextChange;

    final InMemorySettlements settlements = new InMemorySettlements(this::now);
    final InMemoryDossiers dossiers = new InMemoryDossiers(this);

    /** How the change of an order can fail. */
    enum Failure {
        /** No connection was opened, so nothing changed. */
        NOT_RECORDED,
        /** The change took effect, and its answer was lost. */
        UNANSWERED,
        /** A constraint refuses the change, so nothing changed. */
        REFUSED
    }

    InstantSource time() {
        return this::now;
    }

    synchronized Instant now() {
        return now;
    }

    synchronized void advanceClock(Duration by) {
        now = now.plus(by);
    }

    /** Makes the next change under a lease fail. */
    void failNextChange(Failure failure) {
        nextChange = failure;
    }

    /** Time until recovery may take the order up. */
    Duration dueIn(OrderId id) {
        return Duration.between(now(), row(id).dueAt);
    }

    @Override
    public synchronized Optional<LeasedOrder> insert(NewOrder order, Duration lease) {
        if (findByKey(order.customer(), order.key()).isPresent()) {
            return Optional.empty();
        }
        var row = new Row(order, now);
        rows.put(order.id(), row);
        row.lease(Actor.REQUEST, now.plus(lease));
        row.note("CHANGED", Actor.REQUEST, null);
        return Optional.of(row.leased());
    }

    @Override
    public synchronized Optional<KeyedOrder> findByKey(CustomerId customer, IdempotencyKey key) {
        return rows.values().stream()
                .filter(row -> row.order.customer().equals(customer)
                        && row.placed.key().equals(key))
                .map(row -> new KeyedOrder(row.order, row.placed.fingerprint(), null, row.isLeasedToRequest()))
                .findFirst();
    }

    @Override
    public synchronized Optional<Order> find(OrderId id) {
        return Optional.ofNullable(rows.get(id)).map(row -> row.order);
    }

    @Override
    public Optional<Order> find(CustomerId customer, OrderId id) {
        return find(id).filter(order -> order.customer().equals(customer));
    }

    @Override
    public synchronized List<Order> list(CustomerId customer, @Nullable OrderId after, int limit) {
        return rows.values().stream()
                .map(row -> row.order)
                .filter(order -> order.customer().equals(customer))
                .filter(order -> after == null || order.id().value().compareTo(after.value()) < 0)
                .sorted(comparing((Order order) -> order.id().value()).reversed())
                .limit(limit)
                .toList();
    }

    @Override
    public synchronized List<LeasedOrder> claimDue(int limit, Duration lease) {
        var due = rowsIn(Status.PENDING, Status.CANCELLING)
                .filter(row -> !row.dueAt.isAfter(now))
                .sorted(comparing(row -> row.dueAt))
                .limit(limit)
                .toList();
        due.forEach(row -> {
            row.attempts++;
            row.lease(Actor.RECOVERY, now.plus(lease));
        });
        return due.stream().map(Row::leased).toList();
    }

    @Override
    public synchronized Optional<LeasedOrder> cancel(CustomerId customer, OrderId id, Duration lease) {
        return rowsIn(Status.PENDING, Status.NEEDS_ATTENTION)
                .filter(row -> row.order.id().equals(id) && row.order.customer().equals(customer))
                .filter(row -> row.givenUpFor == null)
                .findFirst()
                .map(row -> {
                    var event = row.is(Status.PENDING) ? "CHANGED" : "CANCEL_WISHED";
                    if (row.is(Status.PENDING)) {
                        row.order = row.order.cancelling(Reason.CUSTOMER).at(now);
                    }
                    row.giveUp(Reason.CUSTOMER);
                    row.lease(Actor.CUSTOMER, now.plus(lease));
                    row.note(event, Actor.CUSTOMER, null);
                    return row.leased();
                });
    }

    @Override
    public boolean advance(LeasedOrder from, Order next) {
        return change(from, next, null, _ -> {});
    }

    @Override
    public boolean park(LeasedOrder from, Order next, Duration delay) {
        return change(from, next, null, row -> row.endLease(now.plus(delay)));
    }

    @Override
    public boolean setAside(LeasedOrder from, Order next, String why) {
        return change(from, next, why, row -> row.endLease(now));
    }

    @Override
    public boolean conclude(LeasedOrder from, Order next, @Nullable Settlement settlement) {
        return change(from, next, null, row -> {
            row.endLease(now);
            if (settlement != null) {
                settlements.add(next.id(), settlement, from.lease().actor() == Actor.REQUEST);
            }
        });
    }

    private synchronized boolean change(LeasedOrder from, Order next, @Nullable String note, Consumer<Row> effect) {
        var failure = nextChange;
        nextChange = null;
        if (failure == Failure.NOT_RECORDED) {
            throw new NotRecorded(new IllegalStateException("no connection"));
        }
        if (failure == Failure.REFUSED) {
            throw new WriteRefused("a constraint", new IllegalStateException());
        }
        var row = row(next.id());
        var holds =
                row.leaseToken == from.lease().token() && row.is(from.order().status());
        if (holds) {
            var news = next.status() != row.order.status() || next.reason() != row.order.reason();
            row.order = next;
            if (next.status() == Status.CANCELLING) {
                row.giveUp(next.reason());
            } else if (next.status().isFinal()) {
                row.card = null;
            }
            effect.accept(row);
            if (news) {
                row.note("CHANGED", from.lease().actor(), note);
            }
        }
        if (failure == Failure.UNANSWERED) {
            throw new RecordingUnknown(new IllegalStateException("the connection broke"));
        }
        return holds;
    }

    @Override
    public synchronized void noteFencedOff(LeasedOrder from, Order next) {
        row(next.id()).note("FENCED_OFF", from.lease().actor(), null);
    }

    @Override
    public synchronized void handBack(Collection<LeasedOrder> held) {
        for (var leased : held) {
            var row = row(leased.order().id());
            if (row.leaseToken == leased.lease().token() && row.actor != null && row.isOpen()) {
                row.endLease(now);
            }
        }
    }

    Row row(OrderId id) {
        return findRow(id).orElseThrow();
    }

    Optional<Row> findRow(OrderId id) {
        return Optional.ofNullable(rows.get(id));
    }

    Stream<Row> rowsIn(Status... statuses) {
        return rows.values().stream().filter(row -> row.is(statuses));
    }

    /** An order, its lease and its audit. */
    final class Row {
        final NewOrder placed;
        final List<Entry> audit = new ArrayList<>();
        Order order;

        @Nullable
        CardToken card;

        @Nullable
        Reason givenUpFor;

        @Nullable
        Actor actor;

        Instant dueAt;
        long leaseToken;
        int attempts;

        private Row(NewOrder placed, Instant now) {
            this.placed = placed;
            this.card = placed.card();
            this.dueAt = now;
            this.order = new Order(
                    placed.id(),
                    placed.customer(),
                    placed.lines(),
                    placed.expectedTotal(),
                    null,
                    Status.PENDING,
                    Reason.AWAITING_STOCK,
                    now,
                    now,
                    null);
        }

        boolean is(Status... statuses) {
            return Arrays.asList(statuses).contains(order.status());
        }

        boolean isOpen() {
            return is(Status.PENDING, Status.CANCELLING);
        }

        boolean isLeasedToRequest() {
            return actor == Actor.REQUEST && dueAt.isAfter(now);
        }

        void giveUp(@Nullable Reason why) {
            givenUpFor = why;
            card = null;
        }

        void lease(Actor holder, Instant until) {
            leaseToken++;
            actor = holder;
            dueAt = until;
        }

        void endLease(Instant due) {
            actor = null;
            dueAt = due;
        }

        LeasedOrder leased() {
            return new LeasedOrder(order, card, new Lease(leaseToken, Objects.requireNonNull(actor)), attempts);
        }

        void note(String event, Actor by, @Nullable String note) {
            audit.add(new Entry(now, event, order.status(), order.reason(), by, leaseToken, note));
        }
    }
}
