package store.order;

/**
 * Money, as the checkout needs it. Every step is idempotent by the order's id; none may be taken inside a transaction.
 */
public interface Payments {

    ChargeOutcome charge(OrderId id, Money amount, CardToken card);

    /** Undoes the charge if there is one, and turns away a charge that arrives later. */
    VoidOutcome voidCharge(OrderId id);

    /** The outcome of a charge. */
    sealed interface ChargeOutcome {

        record Captured() implements ChargeOutcome {}

        record Declined(Reason why) implements ChargeOutcome {}

        /** The payment was voided already. */
        record Withdrawn() implements ChargeOutcome {}

        /** Money may have moved or not; asking again is safe. */
        record Unknown(String why) implements ChargeOutcome {}

        /** Payment's record contradicts this charge. */
        record Contradiction(String why) implements ChargeOutcome {}
    }

    /** The outcome of a void. */
    sealed interface VoidOutcome {

        /** No net charge stands, and none will come. */
        record Voided() implements VoidOutcome {}

        /** The void is under way, or its outcome is not known. */
        record Unknown(String why) implements VoidOutcome {}

        /** Payment's record contradicts this void. */
        record Contradiction(String why) implements VoidOutcome {}
    }
}
