package store.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    /** The reservations that have been held for longer than {@code age}. */
    Holds heldFor(Duration age);

    /**
     * Reservations that are held.
     *
     * @param oldest the one that is held the longest; null if there is none
     */
    record Holds(
            int count, @Nullable OrderId oldest, @Nullable Instant since) {}
}
