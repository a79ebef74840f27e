package store.order.boot;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import store.order.InMemoryInventory;
import store.order.InMemoryInventory.Product;
import store.order.InMemoryPayments;
import store.order.Inventory;
import store.order.Money;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Payments;

/** Peers in memory that have every product. A test can plan another answer for the next request. */
final class FakePeers {

    static final long UNIT_PRICE = 1000;

    /** Every request to inventory, and when it was sent. */
    final Queue<Call> inventoryCalls = new ConcurrentLinkedQueue<>();

    record Call(OrderId order, long atNanos) {}

    private final InMemoryInventory inventory = new InMemoryInventory(
            sku -> new Product("Name of " + sku, new Money(UNIT_PRICE, "EUR"), Integer.MAX_VALUE),
            () -> {},
            sent -> inventoryCalls.add(new Call(sent.order(), System.nanoTime())));

    private final InMemoryPayments paymentService = new InMemoryPayments(() -> {}, _ -> {});

    final Map<OrderId, InMemoryInventory.State> reservations = inventory.states;
    final Map<OrderId, InMemoryPayments.State> payments = paymentService.states;

    void reset() {
        inventory.reserving.reset();
        inventory.releasing.reset();
        paymentService.charging.reset();
        paymentService.voiding.reset();
        inventoryCalls.clear();
    }

    void nextReservation(Supplier<Inventory.ReservationOutcome> outcome) {
        inventory.reserving.answerNext(outcome);
    }

    void nextCharge(Supplier<Payments.ChargeOutcome> outcome) {
        paymentService.charging.answerNext(outcome);
    }

    void nextVoid(Supplier<Payments.VoidOutcome> outcome) {
        paymentService.voiding.answerNext(outcome);
    }

    void nextRelease(Supplier<Inventory.SettlementOutcome> outcome) {
        inventory.releasing.answerNext(outcome);
    }

    Inventory inventory() {
        return inventory;
    }

    static Inventory.ReservationOutcome held(List<OrderLine> lines) {
        return new Inventory.ReservationOutcome.Held(lines.stream()
                .map(line -> new OrderLine(
                        line.sku(), line.quantity(), "Name of " + line.sku(), new Money(UNIT_PRICE, "EUR")))
                .toList());
    }

    Payments payments() {
        return paymentService;
    }
}
