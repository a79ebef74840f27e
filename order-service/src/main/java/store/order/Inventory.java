package store.order;

import java.util.List;

/**
 * Stock, as the checkout needs it. Every step is idempotent by the order's id; none may be taken inside a transaction.
 */
public interface Inventory {

    ReservationOutcome reserve(OrderId id, List<OrderLine> lines);

    /** Sells the reserved stock. */
    SettlementOutcome commit(OrderId id);

    /** Gives the reserved stock back, and turns away a reserve that arrives later. */
    SettlementOutcome release(OrderId id);

    /** The outcome of a reserve. */
    sealed interface ReservationOutcome {

        /** All lines are held, with their names and unit prices. */
        record Held(List<OrderLine> lines) implements ReservationOutcome {}

        /** Nothing is held. */
        record Refused(Reason why) implements ReservationOutcome {}

        /** The reservation was released already. */
        record Withdrawn() implements ReservationOutcome {}

        /** No answer that counts: the stock may be held or not. */
        record Unknown(String why) implements ReservationOutcome {}

        /** Inventory's record contradicts this order. */
        record Contradiction(String why) implements ReservationOutcome {}
    }

    /** The outcome of a commit or a release. */
    sealed interface SettlementOutcome {

        record Settled() implements SettlementOutcome {}

        record Unknown(String why) implements SettlementOutcome {}

        record Contradiction(String why) implements SettlementOutcome {}
    }
}
