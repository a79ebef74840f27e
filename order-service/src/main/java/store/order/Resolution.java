package store.order;

/** How an operator's wish ends. */
public sealed interface Resolution {

    /** Done; or decided, if the status is not final, and recovery carries on. */
    record Done(Status status) implements Resolution {}

    /** Not done: the order stays as it is. */
    record Refused(String why) implements Resolution {}

    record NotFound() implements Resolution {}
}
