package store.inventory;

import java.util.List;
import java.util.Optional;

/** The reservations on record: one for each order, never deleted. */
public interface Reservations {

    /**
     * Records an order's first reservation. Waits for a concurrent attempt of the same order to end.
     *
     * @return false if the order has one already
     */
    boolean insert(Reservation reservation);

    Optional<Reservation> find(OrderId orderId);

    /**
     * Ends a reservation that is held.
     *
     * @return the lines it held; empty if it is not held
     */
    Optional<List<HeldLine>> end(OrderId orderId, Reservation.State as);
}
