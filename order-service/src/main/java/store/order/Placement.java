package store.order;

/** How a request to place an order ends. */
public sealed interface Placement {

    /** The request's own order, as far as it got. */
    record Placed(Order order) implements Placement {}

    /** The key has been used for this very checkout: its order as it stands. */
    record Repeated(Order order) implements Placement {}

    /** The key has been used for this very checkout, and its request is being worked on right now. */
    record InFlight(OrderId id) implements Placement {}

    /** The key has been used for another checkout. */
    record KeyReused() implements Placement {}
}
