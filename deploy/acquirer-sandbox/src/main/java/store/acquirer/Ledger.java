package store.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import store.acquirer.Answer.Booked;
import store.acquirer.Answer.Reason;
import store.acquirer.Answer.Refused;
import store.acquirer.Answer.Undone;

/**
 * The acquirer's rules over its journal. The ledger answers only when everything that the answer depends on is durable,
 * so an answer stays true after any crash.
 *
 * <p>Once the journal is broken, every method throws {@link java.io.UncheckedIOException}: the change may or may not
 * have happened.
 */
final class Ledger implements AutoCloseable {

    /** One answer lists all movements of an order; this bound keeps it below a megabyte. */
    static final int MAX_MOVEMENTS_PER_ORDER = 1000;

    private static final int UNAVAILABLE_CALLS = 2;

    private final AcquirerSettings settings;
    private final InstantSource clock;
    private final Journal journal;
    /** The position of each capture key's latest entry. */
    private final Map<String, Long> keys = new HashMap<>();
    /** The position of each refund key's entry: refunds have keys of their own. */
    private final Map<String, Long> refunds = new HashMap<>();
    /** The position of each order's latest movement. */
    private final Map<UUID, Long> orders = new HashMap<>();
    /** The position and the time of each capture that will be charged back, oldest first. */
    private final SequencedMap<Long, Instant> frauds = new LinkedHashMap<>();

    private Ledger(AcquirerSettings settings, InstantSource clock, Journal journal) {
        this.settings = settings;
        this.clock = clock;
        this.journal = journal;
    }

    static Ledger open(AcquirerSettings settings, InstantSource clock, Journal.Disk disk) throws IOException {
        var ledger = new Ledger(settings, clock, Journal.open(settings.data(), disk));
        try {
            ledger.journal.replay((position, line) -> ledger.index(Entry.parse(position, line)));
            return ledger;
        } catch (IOException | RuntimeException e) {
            ledger.close();
            throw e;
        }
    }

    /** Captures the amount. A key that was used before gets the recorded answer instead. */
    Answer capture(String key, UUID orderId, Money amount, String token) {
        return durably(() -> {
            var use = new KeyUse(key, orderId, now(), fingerprint(orderId, amount, token));
            Entry known = remembered(keys, key);
            if (known == null) {
                return ask(TestToken.of(token), use, amount, 0);
            }
            if (!known.use().agreesWith(use)) {
                return new Refused(Reason.CONTRADICTION);
            }
            return switch (known.kind()) {
                case CAPTURE -> new Booked(known.movement(), false);
                case DECLINE -> new Refused(Reason.valueOf(known.note()));
                case VOID -> new Refused(Reason.VOIDED);
                case UNAVAILABLE -> ask(TestToken.of(token), known.use(), amount, Integer.parseInt(known.note()));
                case REFUND, CHARGEBACK -> throw new IllegalStateException("not the state of a key: " + known.kind());
            };
        });
    }

    private Answer ask(TestToken token, KeyUse use, Money amount, int callsBefore) {
        return switch (token) {
            case VISA, SLOW, SILENT -> book(Entry.Kind.CAPTURE, use, amount, Entry.NO_NOTE, 0);
            case FRAUD_LATER -> book(Entry.Kind.CAPTURE, use, amount, Entry.FRAUD, 0);
            case INSUFFICIENT_FUNDS -> decline(use, amount, Reason.INSUFFICIENT_FUNDS);
            case DECLINED -> decline(use, amount, Reason.CARD_DECLINED);
            case UNAVAILABLE -> {
                if (callsBefore == UNAVAILABLE_CALLS) {
                    yield book(Entry.Kind.CAPTURE, use, amount, Entry.NO_NOTE, 0);
                }
                remark(Entry.Kind.UNAVAILABLE, use, amount, Integer.toString(callsBefore + 1));
                yield new Refused(Reason.UNAVAILABLE);
            }
        };
    }

    private Answer book(Entry.Kind kind, KeyUse use, Money amount, String note, long capture) {
        Entry last = last(use.orderId());
        return last != null && last.nth() >= MAX_MOVEMENTS_PER_ORDER
                ? new Refused(Reason.TOO_MANY_MOVEMENTS)
                : new Booked(move(kind, use, amount, note, capture).movement(), true);
    }

    private Answer decline(KeyUse use, Money amount, Reason reason) {
        remark(Entry.Kind.DECLINE, use, amount, reason.name());
        return new Refused(reason);
    }

    /** Undoes the key's capture. If there is none, the key becomes void, and a later capture is refused. */
    Answer undo(String key, UUID orderId) {
        return durably(() -> {
            var use = new KeyUse(key, orderId, now(), KeyUse.NO_CONTENT);
            Entry known = remembered(keys, key);
            if (known != null && !known.use().agreesWith(use)) {
                return new Refused(Reason.CONTRADICTION);
            }
            if (known != null && known.kind() == Entry.Kind.CAPTURE) {
                return undo(known);
            }
            if (known != null && known.kind() == Entry.Kind.VOID && known.capture() != 0) {
                return new Undone(at(known.capture()).movement(), known.movement());
            }
            if (known == null || known.kind() != Entry.Kind.VOID) {
                remark(Entry.Kind.VOID, known == null ? use : known.use(), null, Entry.NO_NOTE);
            }
            return new Undone(null, null);
        });
    }

    private Answer undo(Entry capture) {
        if (isOver(capture.at(), settings.voidWindow())) {
            return new Refused(Reason.VOID_WINDOW_CLOSED);
        }
        Money amount = requireNonNull(capture.amount());
        if (remainder(capture) < amount.amount()) {
            return new Refused(Reason.ALREADY_UNDONE);
        }
        Entry undone = move(Entry.Kind.VOID, capture.use(), amount, Entry.NO_NOTE, capture.position());
        return new Undone(capture.movement(), undone.movement());
    }

    /** Returns a capture or a part of it, whatever the age of the capture. */
    Answer refund(String key, UUID orderId, UUID captureId, Money amount) {
        return durably(() -> {
            var use = new KeyUse(key, orderId, now(), fingerprint(orderId, amount, captureId.toString()));
            Entry known = remembered(refunds, key);
            if (known != null) {
                return known.use().agreesWith(use)
                        ? new Booked(known.movement(), false)
                        : new Refused(Reason.CONTRADICTION);
            }
            Entry capture = find(captureId);
            if (capture == null || capture.kind() != Entry.Kind.CAPTURE) {
                return new Refused(Reason.UNKNOWN_CAPTURE);
            }
            String currency = requireNonNull(capture.amount()).currency();
            if (!capture.use().orderId().equals(orderId) || !currency.equals(amount.currency())) {
                return new Refused(Reason.CONTRADICTION);
            }
            if (remainder(capture) < amount.amount()) {
                return new Refused(Reason.ALREADY_UNDONE);
            }
            return book(Entry.Kind.REFUND, use, amount, Entry.NO_NOTE, capture.position());
        });
    }

    /** The order's movements, oldest first. The ledger keeps them when it forgets their keys. */
    List<Movement> movements(UUID orderId) {
        List<Movement> latestFirst = new ArrayList<>();
        Entry last = this.<@Nullable Entry>durably(() -> last(orderId));
        for (Entry entry = last; entry != null; entry = before(entry)) {
            latestFirst.add(entry.movement());
        }
        return latestFirst.reversed();
    }

    /**
     * A part of the statement.
     *
     * @param next the id after which the next page begins, or null if there are no more movements yet
     */
    record Page(List<Movement> movements, @Nullable UUID next) {}

    /**
     * A page of all movements, oldest first.
     *
     * @param after the last movement seen, or null for the beginning
     * @return null if no movement has the id {@code after}
     */
    @Nullable
    Page statement(@Nullable UUID after, int limit) {
        long end = durably(journal::end);
        Entry seen = after == null ? null : find(after);
        if (after != null && seen == null) {
            return null;
        }
        List<Movement> movements = new ArrayList<>();
        long position = seen == null ? journal.start() : seen.position();
        while (position < end) {
            String line = line(position);
            Entry entry = Entry.parse(position, line);
            position = Journal.after(position, line);
            if (entry.nth() == 0 || entry.equals(seen)) {
                continue;
            }
            if (movements.size() == limit) {
                return new Page(movements, movements.getLast().id());
            }
            movements.add(entry.movement());
        }
        return new Page(movements, null);
    }

    /** Returns normally if the journal is intact. */
    void check() {
        durably(journal::end);
    }

    private <T extends @Nullable Object> T durably(Supplier<T> decision) {
        T answer;
        long end;
        synchronized (this) {
            journal.requireIntact();
            bookChargebacks();
            answer = decision.get();
            end = journal.end();
        }
        journal.awaitDurable(end);
        return answer;
    }

    /** Books due chargebacks before each decision, so that they need no timer and survive a restart. */
    private void bookChargebacks() {
        while (!frauds.isEmpty() && isOver(frauds.firstEntry().getValue(), settings.chargebackAfter())) {
            Entry capture = at(frauds.firstEntry().getKey());
            Money amount = requireNonNull(capture.amount());
            move(Entry.Kind.CHARGEBACK, capture.use(), amount, Entry.NO_NOTE, capture.position());
        }
    }

    private void remark(Entry.Kind kind, KeyUse use, @Nullable Money amount, String note) {
        append(new Entry(journal.end(), kind, use, amount, now(), note, 0, 0, 0));
    }

    private Entry move(Entry.Kind kind, KeyUse use, Money amount, String note, long capture) {
        Entry last = last(use.orderId());
        long previous = last == null ? 0 : last.position();
        int nth = last == null ? 1 : last.nth() + 1;
        return append(new Entry(journal.end(), kind, use, amount, now(), note, capture, previous, nth));
    }

    private Entry append(Entry entry) {
        journal.append(entry.line());
        try {
            index(entry);
        } catch (RuntimeException | Error e) {
            // Probably out of memory. Until a restart reads the line again, its key could charge twice.
            journal.breakDown(new IOException("a line is written but not indexed", e));
            throw e;
        }
        return entry;
    }

    private void index(Entry entry) {
        KeyUse use = entry.use();
        Long position = entry.position();
        if (entry.kind() != Entry.Kind.CHARGEBACK) {
            (entry.kind() == Entry.Kind.REFUND ? refunds : keys).put(use.key(), position);
        }
        if (entry.nth() > 0) {
            orders.put(use.orderId(), position);
        }
        if (entry.note().equals(Entry.FRAUD)) {
            frauds.put(position, entry.at());
        }
        frauds.remove(entry.capture());
    }

    /** The latest entry of a key that is not forgotten. */
    private @Nullable Entry remembered(Map<String, Long> positions, String key) {
        Long position = positions.get(key);
        Entry entry = position == null ? null : at(position);
        return entry == null || isOver(entry.use().firstSeen(), settings.keyTtl()) ? null : entry;
    }

    private @Nullable Entry last(UUID orderId) {
        Long position = orders.get(orderId);
        return position == null ? null : at(position);
    }

    private @Nullable Entry before(Entry entry) {
        return entry.previous() == 0 ? null : at(entry.previous());
    }

    private @Nullable Entry find(UUID movementId) {
        long position = Entry.positionIn(movementId);
        String line = journal.read(position);
        Entry entry = line == null ? null : Entry.parse(position, line);
        return entry != null && entry.nth() > 0 && entry.movement().id().equals(movementId) ? entry : null;
    }

    private Entry at(long position) {
        return Entry.parse(position, line(position));
    }

    private String line(long position) {
        return requireNonNull(journal.read(position), () -> "the journal is damaged at byte " + position);
    }

    /** The part of a capture that is not returned. A chargeback counts: a refund after it would pay twice. */
    private long remainder(Entry capture) {
        long remainder = requireNonNull(capture.amount()).amount();
        for (Entry entry = last(capture.use().orderId()); entry != null; entry = before(entry)) {
            if (entry.capture() == capture.position()) {
                remainder -= requireNonNull(entry.amount()).amount();
            }
        }
        return remainder;
    }

    private boolean isOver(Instant since, Duration period) {
        return Duration.between(since, now()).compareTo(period) >= 0;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /** Half a SHA-256 tells requests apart, and keeps tokens out of the journal. */
    private static String fingerprint(UUID orderId, Money amount, String tokenOrCapture) {
        String content = orderId + " " + amount.amount() + " " + amount.currency() + " " + tokenOrCapture;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content.getBytes(UTF_8));
            return HexFormat.of().formatHex(hash, 0, hash.length / 2);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Calls in progress fail; everything that was answered is kept. */
    @Override
    public synchronized void close() throws IOException {
        journal.close();
    }
}
