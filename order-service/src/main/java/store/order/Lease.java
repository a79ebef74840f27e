package store.order;

/**
 * The right to work on an order, for a while. Its token is a fencing token: it grows with every lease of the order, and
 * a write under an older one changes nothing, so a holder that was paused beyond its lease cannot do harm.
 *
 * <p>After Martin Kleppmann, "How to do distributed locking" (2016).
 */
public record Lease(long token, Actor actor) {

    /** Who may hold a lease. */
    public enum Actor {
        /** The request that places the order. */
        REQUEST,
        /** A customer who cancels. */
        CUSTOMER,
        RECOVERY,
        /** A person who looks after orders that need attention. */
        OPERATOR
    }
}
