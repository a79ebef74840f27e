package store.order;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import store.order.Inventory.ReservationOutcome.Contradiction;
import store.order.Inventory.ReservationOutcome.Held;
import store.order.Inventory.ReservationOutcome.Refused;
import store.order.Inventory.ReservationOutcome.Withdrawn;
import store.resilience.TransactionGuard;

/** An inventory in memory that keeps its contract; a test can break the connection to it. */
public final class InMemoryInventory implements Inventory {

    /** The state of a reservation. */
    public enum State {
        HELD,
        COMMITTED,
        RELEASED
    }

    /** The current data of a product. */
    public record Product(String name, Money price, int stock) {}

    public final PeerStep<ReservationOutcome> reserving;
    public final PeerStep<SettlementOutcome> committing;
    public final PeerStep<SettlementOutcome> releasing;

    /** The state of each order's reservation. */
    public final Map<OrderId, State> states = new ConcurrentHashMap<>();

    private final Map<OrderId, Held> held = new ConcurrentHashMap<>();
    private final Function<String, @Nullable Product> catalogue;

    /** @param sent is told every request that is sent */
    public InMemoryInventory(
            Function<String, @Nullable Product> catalogue, TransactionGuard guard, Consumer<PeerStep.Sent> sent) {
        this.catalogue = catalogue;
        this.reserving = new PeerStep<>("reserve", ReservationOutcome.Unknown::new, guard, sent);
        this.committing = new PeerStep<>("commit", SettlementOutcome.Unknown::new, guard, sent);
        this.releasing = new PeerStep<>("release", SettlementOutcome.Unknown::new, guard, sent);
    }

    /** Loses the record of an order, like a database that is restored from a backup. */
    public void forget(OrderId order) {
        states.remove(order);
        held.remove(order);
    }

    @Override
    public ReservationOutcome reserve(OrderId id, List<OrderLine> lines) {
        return reserving.take(id, () -> reserved(id, lines));
    }

    private ReservationOutcome reserved(OrderId id, List<OrderLine> lines) {
        if (states.get(id) == State.RELEASED) {
            return new Withdrawn();
        }
        var known = held.get(id);
        if (known != null) {
            return wanted(known.lines()).equals(wanted(lines)) ? known : new Contradiction("other lines");
        }
        for (var line : lines) {
            var product = catalogue.apply(line.sku());
            if (product == null) {
                return new Refused(Reason.UNKNOWN_PRODUCT);
            }
            if (product.stock() < line.quantity()) {
                return new Refused(Reason.OUT_OF_STOCK);
            }
        }
        var outcome = new Held(lines.stream().map(this::priced).toList());
        states.put(id, State.HELD);
        held.put(id, outcome);
        return outcome;
    }

    private OrderLine priced(OrderLine line) {
        var product = Objects.requireNonNull(catalogue.apply(line.sku()));
        return new OrderLine(line.sku(), line.quantity(), product.name(), product.price());
    }

    private static List<OrderLine> wanted(List<OrderLine> lines) {
        return lines.stream()
                .map(line -> OrderLine.of(line.sku(), line.quantity()))
                .toList();
    }

    @Override
    public SettlementOutcome commit(OrderId id) {
        return committing.take(
                id,
                () -> states.replace(id, State.HELD, State.COMMITTED) || states.get(id) == State.COMMITTED
                        ? new SettlementOutcome.Settled()
                        : new SettlementOutcome.Contradiction("nothing is held"));
    }

    @Override
    public SettlementOutcome release(OrderId id) {
        return releasing.take(
                id,
                () -> states.merge(id, State.RELEASED, (known, _) -> known == State.COMMITTED ? known : State.RELEASED)
                                == State.RELEASED
                        ? new SettlementOutcome.Settled()
                        : new SettlementOutcome.Contradiction("sold already"));
    }
}
