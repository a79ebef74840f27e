package store.inventory;

/** How committing or releasing a reservation ends. */
public sealed interface SettlementAnswer {

    /** Done, now or before. */
    record Settled() implements SettlementAnswer {}

    /** The reservation on record has ended otherwise, or was never held. */
    record Contradiction(String why) implements SettlementAnswer {}
}
