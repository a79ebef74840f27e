package store.order;

import java.util.List;

/** Stock, as the checkout needs it. Every step is idempotent by the order's id; none may be taken inside a transaction. */
public interface Inventory {

    ReservationOutcome reserve(OrderId id, List<OrderLine> lines);

    /** Sells what is reserved. */
    SettlementOutcome commit(OrderId id);

    /** Gives back what is reserved, and turns away a reserve that arrives later. */
    SettlementOutcome release(OrderId id);

    /** How reserving ends. */
    sealed interface ReservationOutcome {

        /** All lines are held, with their names and unit prices. */
        record Held(List<OrderLine> lines) implements ReservationOutcome {}

        /** Nothing is held. */
        record Refused(Reason why) implements ReservationOutcome {}

        /** The order was released already. */
        record Withdrawn() implements ReservationOutcome {}

        /** No answer, or none that tells: the stock may be held or not. */
        record Unknown(String why) implements ReservationOutcome {}

        /** An answer that cannot be: the record over there is not of this order. */
        record Contradiction(String why) implements ReservationOutcome {}
    }

    /** How committing or releasing ends. */
    sealed interface SettlementOutcome {

        record Settled() implements SettlementOutcome {}

        record Unknown(String why) implements SettlementOutcome {}

        record Contradiction(String why) implements SettlementOutcome {}
    }
}
