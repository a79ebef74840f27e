package store.inventory;

import java.util.function.Supplier;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.support.TransactionOperations;
import store.inventory.Reservation.State;
import store.inventory.SettlementAnswer.Contradiction;
import store.inventory.SettlementAnswer.Settled;

/**
 * Settles a reservation: its pieces are sold (commit) or available again (release). Idempotent by the order's id. Lines
 * are recorded in SKU order, and stock is always locked in that order.
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

    /** Sells the held pieces. If none were ever held, this is a contradiction. */
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
     * Makes the held pieces available again. An order without a reservation gets a tombstone, because its reserve may
     * be on its way and must hold nothing when it arrives.
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
