package store.order;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import store.order.Placement.InFlight;
import store.order.Placement.KeyReused;
import store.order.Placement.Placed;
import store.order.Placement.Repeated;
import store.resilience.KeyRing;

/**
 * Places an order: records it, which is the acknowledgement, and tries to finish it at once. A repeat of the key only
 * reports.
 */
public final class PlaceOrder {

    /** The gateway gives up after 2.9 s. The rest is a margin for pauses of the process. */
    static final Duration LEASE = Duration.ofSeconds(5);

    private final Orders orders;
    private final FinishOrder finishOrder;
    private final Fingerprints fingerprints;
    private final Supplier<OrderId> ids;

    public PlaceOrder(Orders orders, FinishOrder finishOrder, Fingerprints fingerprints, Supplier<OrderId> ids) {
        this.orders = orders;
        this.finishOrder = finishOrder;
        this.fingerprints = fingerprints;
        this.ids = ids;
    }

    /**
     * @param lines in any order, no SKU twice
     * @throws Orders.NotRecorded if this request certainly recorded nothing, and does not know whether the key was used
     *     before
     * @throws Orders.WriteRefused as {@code NotRecorded}, because of a defect of this program
     * @throws Orders.RecordingUnknown if the order may exist, or exists and cannot be read: recovery finishes it, and
     *     only a repeat of the key can tell
     */
    public Placement place(
            CustomerId customer, IdempotencyKey key, List<OrderLine> lines, CardToken card, Money expectedTotal) {
        var sorted = lines.stream().sorted(Comparator.comparing(OrderLine::sku)).toList();
        var fingerprint = fingerprints.of(sorted, card, expectedTotal);
        var order = new NewOrder(ids.get(), customer, key, fingerprint, sorted, card, expectedTotal);
        return orders.insert(order, LEASE)
                .<Placement>map(leased -> new Placed(finishOrder.finish(leased)))
                .orElseGet(() -> Orders.afterFirstWrite(() -> repeat(order)));
    }

    private Placement repeat(NewOrder order) {
        var known = orders.findByKey(order.customer(), order.key()).orElseThrow();
        if (!isSameCheckout(order, known)) {
            return new KeyReused();
        }
        return known.leasedToRequest() && known.order().status() == Status.PENDING
                ? new InFlight(known.order().id())
                : new Repeated(known.order());
    }

    /** A fingerprint under an unknown key does not show another checkout; an instance that has the key can tell. */
    private boolean isSameCheckout(NewOrder order, KeyedOrder known) {
        try {
            return fingerprints.match(known, order.lines(), order.card(), order.expectedTotal());
        } catch (KeyRing.UnknownKey e) {
            throw new Orders.RecordingUnknown(e);
        }
    }
}
