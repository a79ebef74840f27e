package store.chaos.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Order.Change;
import store.chaos.audit.Order.Movement;
import store.chaos.audit.Order.Payment;
import store.chaos.audit.Order.Reservation;
import store.chaos.audit.Order.Step;
import store.chaos.audit.Verdict.Finding;
import store.chaos.journal.Journal.Entry;

/** The records of a store that keeps its promises, told to {@link Facts.Builder} step by step, so that a test can change one. */
final class Story {

    static final Instant BEGIN = Instant.parse("2026-11-20T12:00:00Z");
    static final long PRICE = 1999;

    final Facts.Builder facts = new Facts.Builder();
    private final Map<UUID, String> answers = new HashMap<>();
    private long sold;
    private long held;
    private int orders;

    Story() {
        facts.hasJournal = true;
        facts.hasArrivals = true;
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
        paid(id, "VOIDED", true, true);
        paymentStep(id, null, "PENDING", 1, BEGIN);
        paymentStep(id, "PENDING", "VOIDING", 2, BEGIN);
        paymentStep(id, "VOIDING", "VOIDED", 2, BEGIN);
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

    /** Its capture was sent, and the outcome is unknown. */
    UUID pending(Instant at) {
        var id = newId();
        order(id, "PENDING", "AWAITING_PAYMENT", at, 0, "");
        changed(id, "PENDING", "AWAITING_STOCK", at);
        changed(id, "PENDING", "AWAITING_PAYMENT", at.plusSeconds(1));
        reserved(id, "HELD", at);
        held++;
        paid(id, "PENDING", true, false);
        paymentStep(id, null, "PENDING", 1, BEGIN);
        return id;
    }

    void order(UUID id, String status, @Nullable String reason, Instant at, int answerStatus, String answer) {
        answers.put(id, answer);
        var digest = answerStatus == 0 ? 0 : Answer.digest(answerStatus, answer.getBytes(UTF_8));
        var key = Answer.keyOf(customer(id).toString(), "key-" + id);
        facts.order(id).row = new Order.Row(status, reason, PRICE, "EUR", at.toEpochMilli(), key, digest);
    }

    void changed(UUID id, String status, @Nullable String reason, Instant at) {
        facts.order(id).changes.add(new Change(status, reason, "REQUEST", at.toEpochMilli()));
    }

    /** With the events that lead there. */
    void reserved(UUID id, String state, Instant at) {
        reservedWithoutEvents(id, state, at);
        if (state.equals("COMMITTED") || state.equals("RELEASED")) {
            reservationStep(id, null, "HELD");
            reservationStep(id, "HELD", state);
        } else {
            reservationStep(id, null, state);
        }
    }

    void reservedWithoutEvents(UUID id, String state, Instant at) {
        facts.order(id).reservation = new Reservation(state, at.toEpochMilli());
    }

    void reservationStep(UUID id, @Nullable String from, String to) {
        facts.order(id).reservationSteps.add(new Step(from, to, 0, 0));
    }

    void captured(UUID id, Instant at) {
        paid(id, "CAPTURED", true, false);
        paymentStep(id, null, "PENDING", 1, at);
        paymentStep(id, "PENDING", "CAPTURED", 1, at);
        moved(id, "CAPTURE", at);
    }

    void paid(UUID id, String state, boolean sent, boolean sentAgain) {
        facts.order(id).payment = new Payment(state, sent, sentAgain);
    }

    void paymentStep(UUID id, @Nullable String from, String to, long attempt, Instant at) {
        facts.order(id).paymentSteps.add(new Step(from, to, attempt, at.toEpochMilli()));
    }

    void moved(UUID id, String kind, Instant at) {
        moved(id, kind, PRICE, "EUR", at);
    }

    void moved(UUID id, String kind, long amount, String currency, Instant at) {
        facts.order(id).movements.add(new Movement("", kind, amount, currency, at));
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
        return Judgement.of(facts.build(), new Bounds(faultEnded, Duration.ofSeconds(120), 50));
    }
}
