package store.chaos.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict.Finding;
import store.chaos.journal.Journal.Entry;

/** Orders as a store that keeps its word would leave them, told to {@link Facts} step by step, so that a test can leave one out. */
final class Story {

    static final Instant BEGIN = Instant.parse("2026-11-20T12:00:00Z");
    static final long PRICE = 1999;

    final Facts facts = new Facts();
    private final Map<UUID, String> answers = new HashMap<>();
    private long sold;
    private long held;
    private int orders;

    Story() {
        facts.journalGiven = true;
        facts.arrivalsGiven = true;
        facts.now = BEGIN.plusSeconds(3600);
        facts.arrived("order-service:payment-service", BEGIN.getEpochSecond(), 1);
    }

    /** A UUIDv7 of the story's beginning. */
    UUID newId() {
        return new UUID(BEGIN.toEpochMilli() << 16 | 0x7000 | orders & 0xfff, 0b10L << 62 | orders++);
    }

    UUID confirmed() {
        return confirmed(newId(), BEGIN);
    }

    UUID confirmed(UUID id, Instant at) {
        order(id, "CONFIRMED", null, at, 201, orderBody(id, "CONFIRMED"));
        changed(id, "PENDING", "AWAITING_STOCK", at);
        changed(id, "CONFIRMED", null, at.plusMillis(100));
        reserved(id, "COMMITTED", at.plusSeconds(1));
        sold++;
        captured(id, at.plusMillis(50));
        answered(id, at, 201, 100);
        return id;
    }

    /** Charged, and cancelled by its customer afterwards. */
    UUID compensated() {
        var id = newId();
        order(id, "CANCELLED", "CUSTOMER", BEGIN, 409, problemBody(id, "order-cancelled"));
        changed(id, "PENDING", "AWAITING_STOCK", BEGIN);
        changed(id, "PENDING", "AWAITING_PAYMENT", BEGIN.plusSeconds(1));
        changed(id, "CANCELLING", "CUSTOMER", BEGIN.plusSeconds(2));
        changed(id, "CANCELLED", "CUSTOMER", BEGIN.plusSeconds(3));
        reserved(id, "RELEASED", BEGIN.plusSeconds(3));
        facts.paid(id, "VOIDED", true, true);
        facts.paymentEvent(id, null, "PENDING", 1, BEGIN);
        facts.paymentEvent(id, "PENDING", "VOIDING", 2, BEGIN);
        facts.paymentEvent(id, "VOIDING", "VOIDED", 2, BEGIN);
        moved(id, "CAPTURE", BEGIN.plusMillis(50));
        moved(id, "VOID", BEGIN.plusSeconds(3));
        answered(id, BEGIN.plusSeconds(4), 409, 10);
        return id;
    }

    UUID rejected(String reason, String reservation) {
        var id = newId();
        order(id, "REJECTED", reason, BEGIN, 409, problemBody(id, "price-changed"));
        changed(id, "PENDING", "AWAITING_STOCK", BEGIN);
        changed(id, "REJECTED", reason, BEGIN.plusMillis(30));
        reserved(id, reservation, BEGIN.plusSeconds(1));
        answered(id, BEGIN, 409, 30);
        return id;
    }

    /** Nobody knows yet what became of its capture. */
    UUID pending(Instant at) {
        var id = newId();
        order(id, "PENDING", "AWAITING_PAYMENT", at, 0, "");
        changed(id, "PENDING", "AWAITING_STOCK", at);
        changed(id, "PENDING", "AWAITING_PAYMENT", at.plusSeconds(1));
        reserved(id, "HELD", at);
        held++;
        facts.paid(id, "PENDING", true, false);
        facts.paymentEvent(id, null, "PENDING", 1, BEGIN);
        return id;
    }

    void order(UUID id, String status, @Nullable String reason, Instant at, int answerStatus, String answer) {
        answers.put(id, answer);
        var digest = answerStatus == 0 ? 0 : Facts.digest(answerStatus, answer.getBytes(UTF_8));
        facts.placed(id, customer(id), "key-" + id, status, reason, PRICE, "EUR", at, digest);
    }

    void changed(UUID id, String status, @Nullable String reason, Instant at) {
        facts.audited(id, "CHANGED", status, reason, "REQUEST", at);
    }

    /** With the events that lead there. */
    void reserved(UUID id, String state, Instant at) {
        facts.reserved(id, state, at);
        if (state.equals("COMMITTED") || state.equals("RELEASED")) {
            facts.reservationEvent(id, null, "HELD");
            facts.reservationEvent(id, "HELD", state);
        } else {
            facts.reservationEvent(id, null, state);
        }
    }

    void captured(UUID id, Instant at) {
        facts.paid(id, "CAPTURED", true, false);
        facts.paymentEvent(id, null, "PENDING", 1, at);
        facts.paymentEvent(id, "PENDING", "CAPTURED", 1, at);
        moved(id, "CAPTURE", at);
    }

    void moved(UUID id, String kind, Instant at) {
        facts.moved(id, kind, PRICE, "EUR", at);
    }

    /** With the stored answer. */
    void answered(UUID id, Instant at, int status, double millis) {
        answered(id, at, "place", status, millis, answers.get(id));
    }

    void answered(UUID id, Instant at, String call, int status, double millis, @Nullable String body) {
        facts.answered(new Entry(at, "key-" + id, customer(id).toString(), call, 1, status, body, millis));
    }

    static UUID customer(UUID order) {
        return UUID.nameUUIDFromBytes(order.toString().getBytes(UTF_8));
    }

    static String orderBody(UUID id, String status) {
        return "{\"id\":\"%s\",\"status\":\"%s\",\"reason\":null}".formatted(id, status);
    }

    static String problemBody(UUID id, String problem) {
        return "{\"type\":\"https://checkout-store.example/problems/%s\",\"status\":409,\"orderId\":\"%s\"}"
                .formatted(problem, id);
    }

    Map<String, Finding> judged() {
        return judged(null);
    }

    Map<String, Finding> judged(@Nullable Instant faultEnded) {
        if (facts.stock.isEmpty()) {
            facts.stock.add(new Facts.Stock("sku-001", 200_000, 200_000 - sold - held, held, sold, held, sold));
        }
        return new Judgement(facts, new Bounds(faultEnded, Duration.ofSeconds(120), 50)).findings();
    }
}
