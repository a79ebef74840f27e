package store.inventory;

import org.springframework.transaction.support.TransactionOperations;
import store.inventory.Reservation.State;
import store.inventory.SettlementAnswer.Contradiction;
import store.inventory.SettlementAnswer.Settled;

/**
 * Ends a reservation: the pieces are sold, or available again. Idempotent by the order's id. Lines are
 * recorded in SKU order, the order in which stock is always locked.
 */
public final class SettleReservation {

    private final Stock stock;
    private final Reservations reservations;
    private final TransactionOperations transactions;

    public SettleReservation(Stock stock, Reservations reservations, TransactionOperations transactions) {
        this.stock = stock;
        this.reservations = reservations;
        this.transactions = transactions;
    }

    /** Sells what is held. What was never held cannot be sold: a contradiction. */
    public SettlementAnswer commit(OrderId orderId) {
        return transactions.execute(_ -> {
            var held = reservations.end(orderId, State.COMMITTED);
            if (held.isPresent()) {
                held.get().forEach(line -> stock.sell(line.sku(), line.quantity()));
                return new Settled();
            }
            var state = reservations.find(orderId).map(Reservation::state);
            return state.filter(State.COMMITTED::equals).isPresent()
                    ? new Settled()
                    : new Contradiction("not held but " + state.map(State::name).orElse("absent"));
        });
    }

    /**
     * Gives back what is held. An order that has not reserved gets a tombstone instead, because its reserve may be on its way and must
     * find nothing to do when it arrives.
     */
    public SettlementAnswer release(OrderId orderId) {
        return transactions.execute(_ -> {
            if (reservations.insert(Reservation.withdrawn(orderId))) {
                return new Settled();
            }
            var held = reservations.end(orderId, State.RELEASED);
            if (held.isPresent()) {
                held.get().forEach(line -> stock.giveBack(line.sku(), line.quantity()));
                return new Settled();
            }
            return reservations.find(orderId).orElseThrow().state() == State.COMMITTED
                    ? new Contradiction("sold already")
                    : new Settled();
        });
    }
}
