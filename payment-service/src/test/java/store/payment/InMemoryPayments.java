package store.payment;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.payment.Movement.Kind;
import store.payment.Payment.State;

/** The payments on record and the booked movements, in memory. Its clock is the test's. */
final class InMemoryPayments implements Payments {

    private final InstantSource time;
    private final Map<OrderId, Row> rows = new HashMap<>();
    private final Map<String, Movement> booked = new LinkedHashMap<>();
    private Predicate<Payment> refused = _ -> false;
    private long writesRefused;

    InMemoryPayments(InstantSource time) {
        this.time = time;
    }

    /** @param card to compare with; it is handed out only while the payment is PENDING */
    private record Row(
            Payment payment,
            @Nullable CardToken card,
            @Nullable Instant dueAt) {}

    @Override
    public synchronized Beginning begin(
            AcquirerKey key, Money amount, CardToken token, boolean sending, Duration lease) {
        var known = rows.get(key.orderId());
        if (known == null) {
            var now = time.instant();
            var sentAt = sending ? now : null;
            var begun = new Payment(key, State.PENDING, amount, null, sentAt, sentAt, false, now, 1);
            return new Beginning.Begun(write(begun, token, now.plus(lease)));
        }
        var payment = known.payment();
        return payment.amount() == null || (payment.amount().equals(amount) && token.equals(known.card()))
                ? new Beginning.Known(payment)
                : new Beginning.Contradicted();
    }

    @Override
    public synchronized Optional<Payment> beginVoid(AcquirerKey key, Duration lease) {
        var now = time.instant();
        var known = rows.get(key.orderId());
        if (known == null) {
            var tombstone = new Payment(key, State.VOIDING, null, null, null, null, true, now, 1);
            return Optional.of(write(tombstone, null, now.plus(lease)));
        }
        var payment = known.payment();
        return switch (payment.state()) {
            case PENDING, CAPTURED, UNRECONCILED ->
                Optional.of(write(
                        changed(payment, State.VOIDING, null, true, payment.attempt() + 1),
                        known.card(),
                        now.plus(lease)));
            case DECLINED, VOIDING, VOIDED, REFUNDED -> Optional.empty();
        };
    }

    @Override
    public synchronized Optional<Payment> find(OrderId orderId) {
        return Optional.ofNullable(rows.get(orderId)).map(Row::payment);
    }

    @Override
    public synchronized List<Payment> claimDue(String acquirer, int limit, Duration lease) {
        var due = rows.values().stream()
                .filter(row -> row.payment().key().acquirer().equals(acquirer))
                .filter(row -> isDue(row.dueAt()))
                .sorted(Comparator.comparing(row -> Objects.requireNonNull(row.dueAt())))
                .limit(limit)
                .toList();
        var claimed = new ArrayList<Payment>();
        for (var row : due) {
            var payment = row.payment();
            var taken = changed(payment, payment.state(), null, payment.voidWanted(), payment.attempt() + 1);
            try {
                claimed.add(write(taken, row.card(), time.instant().plus(lease)));
            } catch (WriteRefused _) {
                // The other payments are taken over all the same.
            }
        }
        return claimed;
    }

    private boolean isDue(@Nullable Instant dueAt) {
        var now = time.instant();
        return dueAt != null && (!dueAt.isAfter(now) || dueAt.isAfter(now.plus(AttemptSettings.LONGEST_WAIT)));
    }

    @Override
    public synchronized Optional<CardToken> markSent(Payment held) {
        return stillHeld(held).filter(_ -> held.state() == State.PENDING).map(row -> {
            var now = time.instant();
            var first = row.payment().firstSentAt();
            // Two sends never have the same time.
            var last = now.equals(first) ? now.plusNanos(1000) : now;
            write(sentAt(row.payment(), first == null ? now : first, last), row.card(), row.dueAt());
            return Objects.requireNonNull(row.card());
        });
    }

    @Override
    public synchronized Optional<Payment> record(Payment held, Outcome outcome) {
        return stillHeld(held).map(row -> {
            var payment = row.payment();
            var wanted = outcome.state();
            var undone = wanted == State.VOIDED || wanted == State.REFUNDED;
            var state = undone && net(held.orderId(), outcome.movements()) != 0 ? State.UNRECONCILED : wanted;
            var rest = state == wanted ? outcome.rest() : Duration.ofSeconds(20);
            var recorded = changed(
                    payment,
                    state,
                    outcome.declineReason(),
                    payment.voidWanted() || wanted == State.VOIDING,
                    payment.attempt());
            var open = state == State.VOIDING || state == State.UNRECONCILED;
            write(recorded, row.card(), open ? time.instant().plus(rest) : null);
            outcome.movements().forEach(movement -> booked.putIfAbsent(movement.id(), movement));
            return recorded;
        });
    }

    @Override
    public synchronized Optional<Payment> postpone(Payment held, Duration delay, boolean certainlyNotSent) {
        return stillHeld(held).map(row -> {
            var payment = row.payment();
            var onlySend = Objects.equals(payment.firstSentAt(), payment.lastSentAt());
            var postponed = certainlyNotSent && onlySend ? sentAt(payment, null, null) : payment;
            return write(postponed, row.card(), time.instant().plus(delay));
        });
    }

    @Override
    public synchronized int handBack(List<Payment> held) {
        var count = 0;
        for (var payment : held) {
            var row = stillHeld(payment)
                    .filter(it -> it.dueAt() != null && it.dueAt().isAfter(time.instant()));
            if (row.isPresent()) {
                write(row.get().payment(), row.get().card(), time.instant());
                count++;
            }
        }
        return count;
    }

    @Override
    public synchronized long unreconciled() {
        return rows.values().stream()
                .filter(row -> row.payment().state() == State.UNRECONCILED)
                .count();
    }

    @Override
    public synchronized long writesRefused() {
        return writesRefused;
    }

    /** Refuses every write of a payment that matches, as a constraint of a database does. */
    synchronized void refuse(Predicate<Payment> which) {
        refused = which;
    }

    /** Loses all rows, like a database that is restored from an empty backup. */
    synchronized void lose() {
        rows.clear();
        booked.clear();
    }

    /** Time until the payment is due. */
    synchronized Duration dueIn(OrderId orderId) {
        var row = Objects.requireNonNull(rows.get(orderId));
        return Duration.between(time.instant(), Objects.requireNonNull(row.dueAt()));
    }

    /** The movements that are booked for the order. */
    synchronized List<Movement> booked(OrderId orderId) {
        return booked.values().stream()
                .filter(movement -> movement.orderId().equals(orderId.value()))
                .toList();
    }

    private Optional<Row> stillHeld(Payment held) {
        return Optional.ofNullable(rows.get(held.orderId()))
                .filter(row ->
                        row.payment().state() == held.state() && row.payment().attempt() == held.attempt());
    }

    private Payment write(Payment payment, @Nullable CardToken card, @Nullable Instant dueAt) {
        if (refused.test(payment)) {
            writesRefused++;
            throw new WriteRefused(payment.orderId(), new IllegalStateException("a test refuses it"));
        }
        rows.put(payment.orderId(), new Row(payment, card, dueAt));
        return payment;
    }

    private long net(OrderId orderId, List<Movement> more) {
        return Stream.concat(booked(orderId).stream(), more.stream())
                .distinct()
                .mapToLong(movement -> movement.kind() == Kind.CAPTURE
                        ? movement.amount().amount()
                        : -movement.amount().amount())
                .sum();
    }

    private static Payment changed(
            Payment payment, State state, @Nullable DeclineReason reason, boolean voidWanted, long attempt) {
        return new Payment(
                payment.key(),
                state,
                payment.amount(),
                reason,
                payment.firstSentAt(),
                payment.lastSentAt(),
                voidWanted,
                payment.createdAt(),
                attempt);
    }

    private static Payment sentAt(Payment payment, @Nullable Instant first, @Nullable Instant last) {
        return new Payment(
                payment.key(),
                payment.state(),
                payment.amount(),
                payment.declineReason(),
                first,
                last,
                payment.voidWanted(),
                payment.createdAt(),
                payment.attempt());
    }
}
