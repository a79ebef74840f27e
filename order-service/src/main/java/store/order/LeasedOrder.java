package store.order;

import org.jspecify.annotations.Nullable;

/**
 * An order and the right to work on it.
 *
 * @param card what to charge; null once the order can no longer be charged
 * @param attempts number of times that recovery has taken it up
 */
public record LeasedOrder(Order order, @Nullable CardToken card, Lease lease, int attempts) {

    /**
     * Whether an earlier run may have charged the order and died before it could record that. Only the placing
     * request's run is certainly the first.
     */
    boolean mayHaveBeenCharged() {
        return lease.actor() != Lease.Actor.REQUEST;
    }

    LeasedOrder with(Order next) {
        return new LeasedOrder(next, card, lease, attempts);
    }
}
