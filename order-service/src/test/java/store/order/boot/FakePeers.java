package store.order.boot;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import store.order.CardToken;
import store.order.Inventory;
import store.order.Money;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Payments;

/** Peers that keep their promises (idempotent, tombstones), unless a test has planned another answer for the next call. */
final class FakePeers {

    static final long UNIT_PRICE = 1000;

    final Map<OrderId, String> reservations = new ConcurrentHashMap<>();
    final Map<OrderId, String> payments = new ConcurrentHashMap<>();

    /** An order and a time for each call of inventory. */
    final Queue<Call> inventoryCalls = new ConcurrentLinkedQueue<>();

    record Call(OrderId order, long atNanos) {}

    private final Queue<Supplier<Inventory.ReservationOutcome>> plannedReservations = new ConcurrentLinkedQueue<>();
    private final Queue<Supplier<Payments.ChargeOutcome>> plannedCharges = new ConcurrentLinkedQueue<>();
    private final Queue<Supplier<Payments.VoidOutcome>> plannedVoids = new ConcurrentLinkedQueue<>();
    private final Queue<Supplier<Inventory.SettlementOutcome>> plannedReleases = new ConcurrentLinkedQueue<>();

    void reset() {
        plannedReservations.clear();
        plannedCharges.clear();
        plannedVoids.clear();
        plannedReleases.clear();
        inventoryCalls.clear();
    }

    void nextReservation(Supplier<Inventory.ReservationOutcome> outcome) {
        plannedReservations.add(outcome);
    }

    void nextCharge(Supplier<Payments.ChargeOutcome> outcome) {
        plannedCharges.add(outcome);
    }

    void nextVoid(Supplier<Payments.VoidOutcome> outcome) {
        plannedVoids.add(outcome);
    }

    void nextRelease(Supplier<Inventory.SettlementOutcome> outcome) {
        plannedReleases.add(outcome);
    }

    Inventory inventory() {
        return new Inventory() {
            @Override
            public ReservationOutcome reserve(OrderId id, List<OrderLine> lines) {
                inventoryCalls.add(new Call(id, System.nanoTime()));
                var planned = plannedReservations.poll();
                if (planned != null) {
                    return planned.get();
                }
                return reservations.merge(id, "held", (known, _) -> known).equals("released")
                        ? new ReservationOutcome.Withdrawn()
                        : held(lines);
            }

            @Override
            public SettlementOutcome commit(OrderId id) {
                inventoryCalls.add(new Call(id, System.nanoTime()));
                reservations.put(id, "committed");
                return new SettlementOutcome.Settled();
            }

            @Override
            public SettlementOutcome release(OrderId id) {
                inventoryCalls.add(new Call(id, System.nanoTime()));
                var planned = plannedReleases.poll();
                if (planned != null) {
                    return planned.get();
                }
                reservations.put(id, "released");
                return new SettlementOutcome.Settled();
            }
        };
    }

    static Inventory.ReservationOutcome held(List<OrderLine> lines) {
        return new Inventory.ReservationOutcome.Held(lines.stream()
                .map(line -> new OrderLine(
                        line.sku(), line.quantity(), "Name of " + line.sku(), new Money(UNIT_PRICE, "EUR")))
                .toList());
    }

    Payments payments() {
        return new Payments() {
            @Override
            public ChargeOutcome charge(OrderId id, Money amount, CardToken card) {
                var planned = plannedCharges.poll();
                if (planned != null) {
                    return planned.get();
                }
                return payments.merge(id, "captured", (known, _) -> known).equals("voided")
                        ? new ChargeOutcome.Withdrawn()
                        : new ChargeOutcome.Captured();
            }

            @Override
            public VoidOutcome voidCharge(OrderId id) {
                payments.put(id, "voided");
                var planned = plannedVoids.poll();
                return planned == null ? new VoidOutcome.Voided() : planned.get();
            }
        };
    }
}
