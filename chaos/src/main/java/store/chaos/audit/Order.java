package store.chaos.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One order, as far as any source knows it. Times are milliseconds since 1970, by the clock of their source.
 *
 * @param row null if order-service has none
 * @param changes of its status, in the order of the audit
 * @param fencedOff whether a write without a valid lease was refused
 * @param reservation null if inventory-service has none
 * @param payment null if payment-service has none
 * @param movements in the order of the acquirer's statement
 * @param answers that name the order, in the order of the journal
 */
record Order(
        UUID id,
        @Nullable Row row,
        List<Change> changes,
        boolean fencedOff,
        @Nullable Reservation reservation,
        List<Step> reservationSteps,
        @Nullable Payment payment,
        List<Step> paymentSteps,
        List<Movement> movements,
        List<Answer> answers) {

    static final Set<String> FINAL = Set.of("CONFIRMED", "REJECTED", "DECLINED", "CANCELLED");

    /**
     * Its row in order-service.
     *
     * @param total while no price is known, the total that the customer expects: no other amount is charged
     * @param key see {@link Answer#keyOf}
     * @param answer the final answer's {@link Answer#digest}; 0 if there is none yet
     */
    record Row(
            String status,
            @Nullable String reason,
            long total,
            String currency,
            long createdAt,
            UUID key,
            long answer) {}

    /** A change of status in the audit. */
    record Change(String status, @Nullable String reason, String actor, long at) {}

    /** Its row in inventory-service. */
    record Reservation(String state, long updatedAt) {}

    /** Its row in payment-service. */
    record Payment(String state, boolean sent, boolean sentAgain) {}

    /**
     * An event of its reservation or its payment.
     *
     * @param attempt 0 for a reservation
     */
    record Step(@Nullable String from, String to, long attempt, long at) {}

    /** Money that moved, by the acquirer's record. */
    record Movement(String id, String kind, long amount, String currency, Instant at) {

        /** Positive for a capture, negative for money returned, 0 for an unknown kind. */
        long signed() {
            return switch (kind) {
                case "CAPTURE" -> amount;
                case "VOID", "REFUND", "CHARGEBACK" -> -amount;
                default -> 0;
            };
        }
    }

    /** An order of which more is still to be read. */
    static final class Builder {
        @Nullable
        Row row;

        @Nullable
        Reservation reservation;

        @Nullable
        Payment payment;

        boolean fencedOff;
        final List<Change> changes = new ArrayList<>(3);
        final List<Step> reservationSteps = new ArrayList<>(2);
        final List<Step> paymentSteps = new ArrayList<>(2);
        final List<Movement> movements = new ArrayList<>(1);
        final List<Answer> answers = new ArrayList<>(2);

        Order build(UUID id) {
            return new Order(
                    id,
                    row,
                    List.copyOf(changes),
                    fencedOff,
                    reservation,
                    List.copyOf(reservationSteps),
                    payment,
                    List.copyOf(paymentSteps),
                    List.copyOf(movements),
                    List.copyOf(answers));
        }
    }

    boolean is(String status) {
        return row != null && row.status().equals(status);
    }

    boolean isFinal() {
        return row != null && FINAL.contains(row.status());
    }

    /** Whether its stock is in this state. */
    boolean isReserved(String state) {
        return reservation != null && reservation.state().equals(state);
    }

    /** If the row is missing, the time in the id (UUIDv7, RFC 9562, section 5.7), or else the last capture's. */
    long bornAt() {
        if (row != null) {
            return row.createdAt();
        }
        return id.version() == 7 ? id.getMostSignificantBits() >>> 16 : capturedAt();
    }

    /** The change that made it final; null if there was none. */
    @Nullable
    Change end() {
        for (var change : changes.reversed()) {
            if (FINAL.contains(change.status())) {
                return change;
            }
        }
        return null;
    }

    /** 0 if it never became final. */
    long finalAt() {
        var end = end();
        return end == null ? 0 : end.at();
    }

    boolean isCaptured() {
        return capturedAt() > 0;
    }

    /** When it was captured last; 0 if it never was. */
    long capturedAt() {
        for (var movement : movements.reversed()) {
            if (movement.kind().equals("CAPTURE")) {
                return movement.at().toEpochMilli();
            }
        }
        return 0;
    }

    /** How many of its movements are of this kind. */
    long count(String kind) {
        return movements.stream()
                .filter(movement -> movement.kind().equals(kind))
                .count();
    }

    /** Captures less voids and refunds. Chargebacks are not subtracted: the cardholder's bank makes them, not the store. */
    long kept() {
        var sum = 0L;
        for (var movement : movements) {
            sum += movement.kind().equals("CHARGEBACK") ? 0 : movement.signed();
        }
        return sum;
    }

    /** The sum of all movements. */
    long net() {
        var sum = 0L;
        for (var movement : movements) {
            sum += movement.signed();
        }
        return sum;
    }

    /** Its status as a sentence about it. */
    String described() {
        return row == null
                ? "no order has this id"
                : "the order is " + row.status() + (row.reason() == null ? "" : " (" + row.reason() + ")");
    }
}
