package store.inventory;

/** How committing or releasing a reservation ends. */
public sealed interface SettlementAnswer {

    /** The reservation is committed or released, now or before. */
    record Settled() implements SettlementAnswer {}

    /** The reservation has ended in the other way, or was never held. */
    record Contradiction(String why) implements SettlementAnswer {}
}
