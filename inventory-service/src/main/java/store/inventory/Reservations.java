package store.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The reservations on record: one for each order. They are never deleted. */
public interface Reservations {

    /**
     * Records an order's first reservation. Waits until a concurrent attempt for the same order has ended.
     *
     * @return false if the order has one already
     */
    boolean insert(Reservation reservation);

    Optional<Reservation> find(OrderId orderId);

    /**
     * Ends a reservation that is held.
     *
     * @return the lines that it held; empty if it was not held
     */
    Optional<List<HeldLine>> end(OrderId orderId, Reservation.State as);

    /** The reservations that have been held for longer than {@code age}. */
    Holds heldFor(Duration age);

    /**
     * Held reservations.
     *
     * @param oldest the order whose reservation is held the longest; null if there is none
     */
    record Holds(
            int count, @Nullable OrderId oldest, @Nullable Instant since) {}
}
