package store.order;

/** The outcome of an operator's request. */
public sealed interface Resolution {

    /** Done. If the status is not final, the end is decided and recovery carries it out. */
    record Done(Status status) implements Resolution {}

    /** Not done: the order stays as it is. */
    record Refused(String why) implements Resolution {}

    record NotFound() implements Resolution {}
}
