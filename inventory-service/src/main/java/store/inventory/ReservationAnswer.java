package store.inventory;

import java.util.List;

/** How a request to hold stock ends. */
public sealed interface ReservationAnswer {

    /** All lines are held for the order, at these prices. */
    record Held(List<HeldLine> lines) implements ReservationAnswer {}

    /** Nothing is held, now and whenever it is asked again. */
    record Refused(Refusal why) implements ReservationAnswer {}

    /** The order has been released already, perhaps before this request arrived: nothing is held. */
    record Withdrawn() implements ReservationAnswer {}

    /** The request cannot be about the order that is on record. */
    record Contradiction(String why) implements ReservationAnswer {}
}
