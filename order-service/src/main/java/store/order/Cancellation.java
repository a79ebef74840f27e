package store.order;

/** How a customer's request to cancel ends. */
public sealed interface Cancellation {

    /** The order is cancelled, or on the way there. */
    record Accepted(Order order) implements Cancellation {}

    /** Too late: the order has ended otherwise. */
    record AlreadyFinal(Order order) implements Cancellation {}

    /** The customer has no such order. */
    record NotFound() implements Cancellation {}
}
