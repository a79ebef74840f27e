package store.order;

/** Money, as the checkout needs it. Every step is idempotent by the order's id; none may be taken inside a transaction. */
public interface Payments {

    ChargeOutcome charge(OrderId id, Money amount, CardToken card);

    /** Undoes the charge if there is one, and turns away a charge that arrives later. */
    VoidOutcome voidCharge(OrderId id);

    /** How charging ends. */
    sealed interface ChargeOutcome {

        record Captured() implements ChargeOutcome {}

        record Declined(Reason why) implements ChargeOutcome {}

        /** The payment was voided already. */
        record Withdrawn() implements ChargeOutcome {}

        /** Money may have moved or not; asking again is safe. */
        record Unknown(String why) implements ChargeOutcome {}

        /** An answer that cannot be: the payment on record is not this one. */
        record Contradiction(String why) implements ChargeOutcome {}
    }

    /** How voiding ends. */
    sealed interface VoidOutcome {

        /** No net charge stands, and none will come. */
        record Voided() implements VoidOutcome {}

        /** Not yet, or not known. */
        record Unknown(String why) implements VoidOutcome {}

        /** An answer that cannot be. */
        record Contradiction(String why) implements VoidOutcome {}
    }
}
