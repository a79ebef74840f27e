package store.monolith;

import java.util.List;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import store.inventory.HeldLine;
import store.inventory.Line;
import store.inventory.Refusal;
import store.inventory.ReservationAnswer;
import store.inventory.ReserveStock;
import store.inventory.SettleReservation;
import store.inventory.SettlementAnswer;
import store.order.Inventory;
import store.order.Money;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Reason;
import store.resilience.TransactionGuard;

/**
 * Calls inventory's use cases directly, but like a peer's: outside any transaction and by value. If the database fails,
 * the outcome is unknown, because it may have failed during a commit.
 */
final class InProcessInventory implements Inventory {

    private final ReserveStock reserveStock;
    private final SettleReservation settleReservation;
    private final TransactionGuard guard;

    InProcessInventory(ReserveStock reserveStock, SettleReservation settleReservation, TransactionGuard guard) {
        this.reserveStock = reserveStock;
        this.settleReservation = settleReservation;
        this.guard = guard;
    }

    @Override
    public ReservationOutcome reserve(OrderId id, List<OrderLine> lines) {
        guard.requireNoTransaction();
        var wanted = lines.stream()
                .map(line -> new Line(line.sku(), line.quantity()))
                .toList();
        try {
            return switch (reserveStock.reserve(theirs(id), wanted)) {
                case ReservationAnswer.Held(var held) ->
                    new ReservationOutcome.Held(
                            held.stream().map(InProcessInventory::ours).toList());
                case ReservationAnswer.Refused(var why) -> new ReservationOutcome.Refused(ours(why));
                case ReservationAnswer.Withdrawn _ -> new ReservationOutcome.Withdrawn();
                case ReservationAnswer.Contradiction(var why) -> new ReservationOutcome.Contradiction(why);
            };
        } catch (DataAccessException | TransactionException e) {
            return new ReservationOutcome.Unknown("inventory failed: " + e.getMostSpecificCause());
        }
    }

    @Override
    public SettlementOutcome commit(OrderId id) {
        return settled(() -> settleReservation.commit(theirs(id)));
    }

    @Override
    public SettlementOutcome release(OrderId id) {
        return settled(() -> settleReservation.release(theirs(id)));
    }

    private SettlementOutcome settled(Supplier<SettlementAnswer> settling) {
        guard.requireNoTransaction();
        try {
            return switch (settling.get()) {
                case SettlementAnswer.Settled _ -> new SettlementOutcome.Settled();
                case SettlementAnswer.Contradiction(var why) -> new SettlementOutcome.Contradiction(why);
            };
        } catch (DataAccessException | TransactionException e) {
            return new SettlementOutcome.Unknown("inventory failed: " + e.getMostSpecificCause());
        }
    }

    private static store.inventory.OrderId theirs(OrderId id) {
        return new store.inventory.OrderId(id.value());
    }

    private static OrderLine ours(HeldLine line) {
        var price = new Money(line.unitPrice().amount(), line.unitPrice().currency());
        return new OrderLine(line.sku(), line.quantity(), line.name(), price);
    }

    private static Reason ours(Refusal why) {
        return switch (why) {
            case UNKNOWN_PRODUCT -> Reason.UNKNOWN_PRODUCT;
            case OUT_OF_STOCK -> Reason.OUT_OF_STOCK;
        };
    }
}
