package store.inventory;

import java.util.List;

/** How a request to hold stock ends. */
public sealed interface ReservationAnswer {

    /** All lines are held for the order, at these prices. */
    record Held(List<HeldLine> lines) implements ReservationAnswer {}

    /** Nothing is held, and no repeat changes that. */
    record Refused(Refusal why) implements ReservationAnswer {}

    /** The order was released, perhaps before this request arrived: nothing is held. */
    record Withdrawn() implements ReservationAnswer {}

    /** The request contradicts the order's record. */
    record Contradiction(String why) implements ReservationAnswer {}
}
