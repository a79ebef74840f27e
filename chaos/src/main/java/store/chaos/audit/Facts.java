package store.chaos.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import store.chaos.journal.Journal.Entry;

/**
 * What the databases, the acquirer's statement, the journal and the links say, folded as it streams in into one small record for each
 * order, so that a hundred thousand of them fit in memory. Only folds; {@link Judgement} judges.
 */
final class Facts {

    static final Set<String> FINAL = Set.of("CONFIRMED", "REJECTED", "DECLINED", "CANCELLED");

    /** ARCHITECTURE.md, "States of an order". */
    private static final Map<String, Set<String>> NEXT_STATUS = Map.of(
            "PENDING",
            Set.of("PENDING", "CONFIRMED", "REJECTED", "DECLINED", "CANCELLING", "NEEDS_ATTENTION"),
            "CANCELLING",
            Set.of("CANCELLED", "NEEDS_ATTENTION"),
            // An operator's retry leads back to the state it left; resolve leads to an end.
            "NEEDS_ATTENTION",
            Set.of("PENDING", "CANCELLING", "CONFIRMED", "CANCELLED", "NEEDS_ATTENTION"));

    private static final Pattern PROBLEM = Pattern.compile("\"type\"\\s*:\\s*\"[^\"]*/problems/([^\"/]+)\"");
    private static final Pattern ORDER_ID = Pattern.compile("\"orderId\"\\s*:\\s*\"([0-9a-fA-F-]{36})\"");
    private static final Pattern ID = Pattern.compile("^\\s*\\{\\s*\"id\"\\s*:\\s*\"([0-9a-fA-F-]{36})\"");
    private static final Pattern STATUS = Pattern.compile("\"status\"\\s*:\\s*\"([A-Z_]+)\"");

    /** One order, as far as any source knows it. Times are milliseconds since 1970. */
    static final class Order {
        final UUID id;

        // order-service
        @Nullable
        String status;

        @Nullable
        String reason;

        long total;
        String currency = "";
        long createdAt;

        @Nullable
        UUID key;

        long answer;

        @Nullable
        String audited;

        @Nullable
        String auditedReason;

        @Nullable
        String auditBreak;

        @Nullable
        String decidedBy;

        long finalAt;
        boolean fencedOff;

        // inventory-service
        @Nullable
        String reservation;

        long reservationAt;

        @Nullable
        String reservationEvent;

        @Nullable
        String reservationBreak;

        // payment-service
        @Nullable
        String payment;

        @Nullable
        String paymentEvent;

        @Nullable
        String paymentBreak;

        boolean voidedFirst;
        boolean tookAnotherAttempt;

        @Nullable
        String leftPendingTo;

        boolean sent;
        boolean sentAgain;

        // the acquirer's statement
        int captures;
        int undone;
        int chargebacks;
        long largestCapture;

        /** What was captured, less what was voided or refunded. Chargebacks are not subtracted: the store does not make them. */
        long kept;

        /** The most that was kept right after a capture that was made while another was kept; 0 if there was none. */
        long mostAtOnce;

        /** The sum of all movements: what is kept, less what was charged back. */
        long net;

        /** The least that the sum has been at any time. */
        long leastNet;

        boolean otherCurrency;
        long capturedAt;
        long undoneAt;

        @Nullable
        String unknownMovement;

        @Nullable
        Seen seen;

        Order(UUID id) {
            this.id = id;
        }

        boolean isFinal() {
            return status != null && FINAL.contains(status);
        }

        /** Where the row is missing, by the id's own time (UUIDv7, RFC 9562, section 5.7). */
        long bornAt() {
            if (status != null) {
                return createdAt;
            }
            return id.version() == 7 ? id.getMostSignificantBits() >>> 16 : capturedAt;
        }

        Seen seen() {
            if (seen == null) {
                seen = new Seen();
            }
            return seen;
        }
    }

    /** How clients saw an order's status move; microseconds, by their one clock. */
    static final class Seen {
        boolean acknowledged;

        @Nullable
        String end;

        @Nullable
        String otherEnd;

        long firstEnd = Long.MAX_VALUE;
        long firstCancelling = Long.MAX_VALUE;
        long firstKnown = Long.MAX_VALUE;
        long lastUnfinished = Long.MIN_VALUE;
        long lastPending = Long.MIN_VALUE;

        @Nullable
        UUID key;
    }

    /** What clients were answered under one idempotency key. */
    static final class Key {
        final String name;

        @Nullable
        UUID order;

        @Nullable
        UUID otherOrder;

        long answer;
        boolean otherAnswer;
        boolean onlyRefused = true;
        boolean placed;
        long lastNotFound = Long.MIN_VALUE;

        Key(String name) {
            this.name = name;
        }
    }

    /** One product's stock, beside what the reservations of the same snapshot make of it. */
    record Stock(String sku, long initial, long available, long held, long sold, long reserved, long committed) {}

    final Map<UUID, Order> orders = new HashMap<>();
    final Map<UUID, Order> byKey = new HashMap<>();
    final List<Stock> stock = new ArrayList<>();
    final Map<UUID, Key> keys = new HashMap<>();
    final Map<String, TreeMap<Long, Long>> arrivals = new TreeMap<>();
    final Map<String, TreeMap<Long, Long>> asked = new TreeMap<>(Map.of(
            "order-service", new TreeMap<>(),
            "inventory-service", new TreeMap<>(),
            "payment-service", new TreeMap<>(),
            "acquirer-sandbox", new TreeMap<>()));
    boolean journalGiven;
    boolean arrivalsGiven;

    /** The order database's clock at its snapshot. */
    Instant now = Instant.EPOCH;

    Order order(UUID id) {
        return orders.computeIfAbsent(id, Order::new);
    }

    /** @param total of the order, or, where no price is known yet, what the customer expects: no other is charged */
    void placed(
            UUID id,
            UUID customer,
            String key,
            String status,
            @Nullable String reason,
            long total,
            String currency,
            Instant createdAt,
            long answer) {
        var order = order(id);
        order.status = status.intern();
        order.reason = intern(reason);
        order.total = total;
        order.currency = currency.intern();
        order.createdAt = createdAt.toEpochMilli();
        order.answer = answer;
        if (journalGiven) {
            order.key = keyOf(customer.toString(), key);
            byKey.put(order.key, order);
        }
    }

    /** In the order of the audit. */
    void audited(UUID id, String event, String status, @Nullable String reason, String actor, Instant at) {
        var order = order(id);
        if (event.equals("FENCED_OFF")) {
            order.fencedOff = true;
        }
        if (!event.equals("CHANGED")) {
            return;
        }
        var before = order.audited;
        var possible = before == null
                ? status.equals("PENDING")
                : NEXT_STATUS.getOrDefault(before, Set.of()).contains(status);
        if (!possible) {
            order.auditBreak = "its audit goes from " + (before == null ? "nothing" : before) + " to " + status;
        }
        if (before == null || status.equals("CANCELLING")) {
            asked("inventory-service", at.getEpochSecond()); // to reserve, or to release
            asked("payment-service", at.getEpochSecond()); // to charge, or to void
        } else if (FINAL.contains(status) && !status.equals("CANCELLED")) {
            asked("inventory-service", at.getEpochSecond()); // to settle
        }
        order.audited = status.intern();
        order.auditedReason = intern(reason);
        if (FINAL.contains(status)) {
            order.finalAt = at.toEpochMilli();
            order.decidedBy = actor.intern();
        }
    }

    void reserved(UUID id, String state, Instant updatedAt) {
        var order = order(id);
        order.reservation = state.intern();
        order.reservationAt = updatedAt.toEpochMilli();
    }

    /** In the order of the events. */
    void reservationEvent(UUID id, @Nullable String from, String to) {
        var order = order(id);
        if (!Objects.equals(from, order.reservationEvent)) {
            order.reservationBreak =
                    "its reservation's events go from " + order.reservationEvent + " on as if from " + from;
        }
        order.reservationEvent = to.intern();
    }

    void paid(UUID id, String state, boolean sent, boolean sentAgain) {
        var order = order(id);
        order.payment = state.intern();
        order.sent = sent;
        order.sentAgain = sentAgain;
    }

    /** In the order of the events. */
    void paymentEvent(UUID id, @Nullable String from, String to, long attempt, Instant at) {
        var order = order(id);
        if (from == null || to.equals("VOIDING")) {
            asked("acquirer-sandbox", at.getEpochSecond()); // to capture, or to void
        }
        if (!Objects.equals(from, order.paymentEvent)) {
            order.paymentBreak = "its payment's events go from " + order.paymentEvent + " on as if from " + from;
        }
        if (from == null && to.equals("VOIDING")) {
            order.voidedFirst = true;
        }
        if ("PENDING".equals(from)) {
            order.leftPendingTo = to.intern();
            order.tookAnotherAttempt = attempt > 1;
        }
        order.paymentEvent = to.intern();
    }

    /** In the order of the statement. */
    void moved(UUID id, String kind, long amount, String currency, Instant at) {
        var order = order(id);
        var before = order.net;
        switch (kind) {
            case "CAPTURE" -> {
                order.captures++;
                order.largestCapture = Math.max(order.largestCapture, amount);
                if (order.kept > 0) {
                    order.mostAtOnce = Math.max(order.mostAtOnce, order.kept + amount);
                }
                order.kept += amount;
                order.net += amount;
                order.capturedAt = at.toEpochMilli();
            }
            case "VOID", "REFUND" -> {
                order.undone++;
                order.kept -= amount;
                order.net -= amount;
            }
            case "CHARGEBACK" -> {
                order.chargebacks++; // the cardholder's bank has returned the money, not the store
                order.net -= amount;
            }
            default -> order.unknownMovement = kind;
        }
        if (before > 0 && order.net <= 0) {
            order.undoneAt = at.toEpochMilli();
        }
        order.leastNet = Math.min(order.leastNet, order.net);
        order.otherCurrency |= order.status != null && !order.currency.equals(currency);
    }

    /** In any order. */
    void answered(Entry entry) {
        var start = entry.at().getEpochSecond() * 1_000_000 + entry.at().getNano() / 1000;
        var end = start + (long) (entry.millis() * 1000);
        switch (entry.call()) {
            case "browse" -> asked("inventory-service", entry.at().getEpochSecond());
            case "place", "order", "cancel" -> asked("order-service", entry.at().getEpochSecond());
            default -> {} // the gateway makes guests by itself
        }
        var keyId = entry.key() == null || entry.customer() == null ? null : keyOf(entry.customer(), entry.key());
        var key = keyId == null ? null : keys.computeIfAbsent(keyId, _ -> new Key(String.valueOf(entry.key())));
        var body = entry.body() == null ? "" : entry.body();
        var problem = first(PROBLEM, body);
        var placing = entry.call().equals("place");
        if (key != null && placing) {
            key.placed = true;
            key.onlyRefused &= entry.status() == 429 || entry.status() == 503 && "not-accepted".equals(problem);
        }
        if (key != null && entry.call().equals("order") && entry.status() == 404) {
            key.lastNotFound = Math.max(key.lastNotFound, start);
        }
        var named = problem == null ? first(ID, body) : first(ORDER_ID, body);
        if (entry.status() == 0 || named == null) {
            return;
        }
        var order = order(UUID.fromString(named));
        var status = problem == null ? first(STATUS, body) : statusOf(problem);
        see(order.seen(), status, start, end);
        if (key != null && placing) {
            order.seen().key = keyId;
            if (key.order == null) {
                key.order = order.id;
            } else if (!key.order.equals(order.id)) {
                key.otherOrder = order.id;
            }
            if (status != null && FINAL.contains(status)) {
                var answer = digest(entry.status(), body.getBytes(UTF_8));
                key.otherAnswer |= key.answer != 0 && key.answer != answer;
                key.answer = answer;
            }
        }
    }

    private static void see(Seen seen, @Nullable String status, long start, long end) {
        seen.acknowledged = true;
        seen.firstKnown = Math.min(seen.firstKnown, end);
        if (status == null) {
            return;
        }
        if (FINAL.contains(status)) {
            if (seen.end != null && !seen.end.equals(status)) {
                seen.otherEnd = status;
            }
            seen.end = status.intern();
            seen.firstEnd = Math.min(seen.firstEnd, end);
            return;
        }
        seen.lastUnfinished = Math.max(seen.lastUnfinished, start);
        if (status.equals("CANCELLING")) {
            seen.firstCancelling = Math.min(seen.firstCancelling, end);
        } else if (status.equals("PENDING")) {
            seen.lastPending = Math.max(seen.lastPending, start);
        }
    }

    /** One that every caller asks once, whatever comes of it. */
    private void asked(String receiver, long second) {
        Objects.requireNonNull(asked.get(receiver)).merge(second, 1L, Long::sum);
    }

    void arrived(String link, long second, long requests) {
        arrivals.computeIfAbsent(link, _ -> new TreeMap<>()).merge(second, requests, Long::sum);
    }

    Collection<Order> all() {
        return orders.values();
    }

    /** A fingerprint of an answer: two that differ have different ones, but for one chance in 2^63. */
    static long digest(int status, byte[] body) {
        return fold(status, sha256(body));
    }

    /** The same, of an answer whose body the database has hashed with SHA-256. */
    static long fold(int status, byte[] sha256) {
        var folded = (long) status;
        for (var i = 0; i < Long.BYTES; i++) {
            folded = folded << 8 ^ folded >>> 56 ^ sha256[i] & 0xff;
        }
        return folded == 0 ? 1 : folded;
    }

    static UUID keyOf(String customer, String key) {
        return UUID.nameUUIDFromBytes((customer + '\n' + key).getBytes(UTF_8));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What an order problem says of the order's status; null for one that says nothing of it. */
    private static @Nullable String statusOf(String problem) {
        return switch (problem) {
            case "payment-declined" -> "DECLINED";
            case "out-of-stock", "unknown-product", "price-changed" -> "REJECTED";
            case "order-cancelled" -> "CANCELLED";
            default -> null; // order-final, key-in-flight: that it exists
        };
    }

    private static @Nullable String first(Pattern pattern, String text) {
        var match = pattern.matcher(text);
        return match.find() ? match.group(1) : null;
    }

    private static @Nullable String intern(@Nullable String text) {
        return text == null ? null : text.intern();
    }
}
