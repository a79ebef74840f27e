package store.inventory;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import store.inventory.ReservationAnswer.Contradiction;
import store.inventory.ReservationAnswer.Held;
import store.inventory.ReservationAnswer.Refused;
import store.inventory.ReservationAnswer.Withdrawn;

/**
 * The record of inventory's answer for an order, kept for ever: a repeat gets the same answer, even if the catalogue
 * has changed since.
 *
 * @param requested the requested lines, sorted by SKU; empty for a tombstone
 * @param held the lines that are or were held; empty if nothing was ever held
 * @param refusal why nothing could be held; only in {@link State#REFUSED}
 */
public record Reservation(
        OrderId orderId,
        State state,
        List<Line> requested,
        List<HeldLine> held,
        @Nullable Refusal refusal) {

    public Reservation {
        requested = List.copyOf(requested);
        held = List.copyOf(held);
        if ((state == State.REFUSED) != (refusal != null)) {
            throw new IllegalArgumentException("a refused reservation has a reason, and no other has one: " + orderId);
        }
        if (held.isEmpty() != (state == State.REFUSED || state == State.WITHDRAWN)) {
            throw new IllegalArgumentException("a reservation that is " + state + " holds " + held + ": " + orderId);
        }
        if (requested.stream().map(Line::sku).distinct().count() < requested.size()) {
            throw new IllegalArgumentException("a reservation has one line for each product: " + orderId);
        }
    }

    /** The states of a reservation. Only HELD can still change. */
    public enum State {
        HELD,
        REFUSED,
        COMMITTED,
        RELEASED,
        /** Released before it was reserved: a tombstone that turns away a late reserve. */
        WITHDRAWN
    }

    static Reservation held(OrderId orderId, List<Line> requested, List<HeldLine> held) {
        return new Reservation(orderId, State.HELD, requested, held, null);
    }

    static Reservation refused(OrderId orderId, List<Line> requested, Refusal refusal) {
        return new Reservation(orderId, State.REFUSED, requested, List.of(), refusal);
    }

    static Reservation withdrawn(OrderId orderId) {
        return new Reservation(orderId, State.WITHDRAWN, List.of(), List.of(), null);
    }

    /** The answer to a request for {@code lines}, sorted by SKU. */
    ReservationAnswer answerTo(List<Line> lines) {
        if (state != State.WITHDRAWN && !requested.equals(lines)) {
            return new Contradiction("the reservation of this order has other lines");
        }
        return switch (state) {
            case HELD, COMMITTED -> new Held(held);
            case REFUSED -> new Refused(requireNonNull(refusal));
            case RELEASED, WITHDRAWN -> new Withdrawn();
        };
    }
}
