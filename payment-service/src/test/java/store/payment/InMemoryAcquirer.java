package store.payment;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.payment.Movement.Kind;
import store.resilience.TransactionGuard;

/** A card network in memory. Like the sandbox, it forgets a key after a day, and an order's movements never. */
final class InMemoryAcquirer implements Acquirer {

    private static final Duration KEY_MEMORY = Duration.ofHours(24);
    private static final Duration VOID_WINDOW = Duration.ofHours(1);

    /** Cards whose first capture takes effect and is not answered. */
    private static final Set<String> UNANSWERED = Set.of("tok_silent", "tok_slow", "tok_unavailable");

    private static final Set<String> GOOD = Set.of("tok_visa", "tok_silent", "tok_slow", "tok_unavailable");

    private final InstantSource time;
    private final TransactionGuard guard;
    private final List<Movement> record = new ArrayList<>();
    private final Map<AcquirerKey, Use> uses = new HashMap<>();
    private final Map<AcquirerKey, Repaid> refunds = new HashMap<>();

    /** The amount that was returned of each capture, by the capture's id. */
    private final Map<String, Long> returned = new HashMap<>();

    InMemoryAcquirer(InstantSource time, TransactionGuard guard) {
        this.time = time;
        this.guard = guard;
    }

    /**
     * The first use of a key.
     *
     * @param amount null if the key was voided without a capture
     * @param undone the answer to a void of the key; null before the first one
     */
    private record Use(
            Instant at,
            @Nullable Money amount,
            @Nullable CardToken card,
            CaptureAnswer answer,
            @Nullable Undone undone) {

        boolean contradicts(Money otherAmount, CardToken otherCard) {
            return amount != null && !(amount.equals(otherAmount) && otherCard.equals(card));
        }
    }

    private record Repaid(Movement capture, Movement refund) {}

    @Override
    public String name() {
        return "sandbox";
    }

    @Override
    public synchronized CaptureAnswer capture(AcquirerKey key, Money amount, CardToken token) {
        guard.requireNoTransaction();
        var known = remembered(key);
        if (known == null) {
            var answer = firstAnswer(key, amount, token);
            uses.put(key, new Use(time.instant(), amount, token, answer, null));
            return UNANSWERED.contains(token.value()) ? new Unknown("silence") : answer;
        }
        return known.contradicts(amount, token) ? new Contradicted() : known.answer();
    }

    private CaptureAnswer firstAnswer(AcquirerKey key, Money amount, CardToken token) {
        if (GOOD.contains(token.value())) {
            return new Captured(move(key.orderId().value(), Kind.CAPTURE, amount));
        }
        return new Declined(
                token.value().equals("tok_insufficient_funds")
                        ? DeclineReason.INSUFFICIENT_FUNDS
                        : DeclineReason.CARD_DECLINED);
    }

    @Override
    public synchronized VoidAnswer undo(AcquirerKey key) {
        guard.requireNoTransaction();
        var known = remembered(key);
        if (known != null && known.undone() != null) {
            return known.undone();
        }
        var undone = new Undone(List.of());
        if (known != null && known.answer() instanceof Captured(var capture)) {
            var closed = !capture.at().plus(VOID_WINDOW).isAfter(time.instant());
            if (closed || remainder(capture) < capture.amount().amount()) {
                return new TooLate();
            }
            undone = new Undone(List.of(capture, giveBack(capture, Kind.VOID, capture.amount())));
        }
        var voided = known == null
                ? new Use(time.instant(), null, null, new Withdrawn(), undone)
                : new Use(known.at(), known.amount(), known.card(), new Withdrawn(), undone);
        uses.put(key, voided);
        return undone;
    }

    @Override
    public synchronized RefundAnswer refund(AcquirerKey key, Movement capture) {
        guard.requireNoTransaction();
        var known = refunds.get(key);
        if (known != null) {
            return known.capture().equals(capture) ? new Refunded(known.refund()) : new Refused("another refund");
        }
        if (remainder(capture) < capture.amount().amount()) {
            return new Refused("already undone");
        }
        var refund = giveBack(capture, Kind.REFUND, capture.amount());
        refunds.put(key, new Repaid(capture, refund));
        return new Refunded(refund);
    }

    @Override
    public synchronized LookupAnswer movementsOf(OrderId orderId) {
        guard.requireNoTransaction();
        return new Found(movements(orderId));
    }

    @Override
    public synchronized StatementAnswer statement(@Nullable String after, int limit) {
        guard.requireNoTransaction();
        var from = after == null ? 0 : Integer.parseInt(after);
        var to = Math.min(from + limit, record.size());
        var next = to < record.size() ? Integer.toString(to) : null;
        return new Page(List.copyOf(record.subList(from, to)), List.of(), next);
    }

    /** All movements of an order. */
    synchronized List<Movement> movements(OrderId orderId) {
        return record.stream()
                .filter(movement -> movement.orderId().equals(orderId.value()))
                .toList();
    }

    /** The card holder's bank takes back the rest of the order's first capture. */
    synchronized void chargeBack(OrderId orderId) {
        var capture = movements(orderId).getFirst();
        giveBack(
                capture,
                Kind.CHARGEBACK,
                new Money(remainder(capture), capture.amount().currency()));
    }

    /** Loses all keys and movements, like an acquirer that is restored from an empty backup. */
    synchronized void lose() {
        record.clear();
        uses.clear();
        refunds.clear();
        returned.clear();
    }

    private @Nullable Use remembered(AcquirerKey key) {
        var use = uses.get(key);
        return use == null || !use.at().plus(KEY_MEMORY).isAfter(time.instant()) ? null : use;
    }

    /** The amount that is left of a capture. */
    private long remainder(Movement capture) {
        return record.stream()
                        .filter(movement -> movement.id().equals(capture.id()))
                        .mapToLong(movement -> movement.amount().amount())
                        .sum()
                - returned.getOrDefault(capture.id(), 0L);
    }

    private Movement giveBack(Movement capture, Kind kind, Money amount) {
        returned.merge(capture.id(), amount.amount(), Long::sum);
        return move(capture.orderId(), kind, amount);
    }

    private Movement move(UUID orderId, Kind kind, Money amount) {
        var movement = new Movement(UUID.randomUUID().toString(), orderId, kind, amount, time.instant());
        record.add(movement);
        return movement;
    }
}
