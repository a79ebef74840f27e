package store.inventory;

import java.util.function.Supplier;
import org.springframework.dao.DataIntegrityViolationException;
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
    private final RefusedWrites refusedWrites;
    private final TransactionOperations transactions;

    public SettleReservation(
            Stock stock, Reservations reservations, RefusedWrites refusedWrites, TransactionOperations transactions) {
        this.stock = stock;
        this.reservations = reservations;
        this.refusedWrites = refusedWrites;
        this.transactions = transactions;
    }

    /** Sells what is held. What was never held cannot be sold: a contradiction. */
    public SettlementAnswer commit(OrderId orderId) {
        return settle(orderId, () -> {
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
        return settle(orderId, () -> {
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

    private SettlementAnswer settle(OrderId orderId, Supplier<SettlementAnswer> settling) {
        try {
            return transactions.execute(_ -> settling.get());
        } catch (DataIntegrityViolationException e) {
            return new Contradiction(refusedWrites.add(orderId, e));
        }
    }
}
