package store.order;

import store.order.Cancellation.Accepted;
import store.order.Cancellation.AlreadyFinal;
import store.order.Cancellation.NotFound;

/** Cancels a pending order for its customer. It does not wait for the order's holder, but fences off its writes. */
public final class CancelOrder {

    private final Orders orders;
    private final FinishOrder finishOrder;

    public CancelOrder(Orders orders, FinishOrder finishOrder) {
        this.orders = orders;
        this.finishOrder = finishOrder;
    }

    /**
     * @throws Orders.NotRecorded if the cancellation certainly was not recorded
     * @throws Orders.RecordingUnknown if it may have been recorded
     */
    public Cancellation cancel(CustomerId customer, OrderId id) {
        return orders.cancel(customer, id, PlaceOrder.LEASE)
                .<Cancellation>map(leased -> new Accepted(finishOrder.finish(leased)))
                // An earlier request may have given the order up, so this one cannot say that nothing was done.
                .orElseGet(() -> Orders.afterFirstWrite(() ->
                        orders.find(customer, id).map(CancelOrder::notCancelled).orElseGet(NotFound::new)));
    }

    private static Cancellation notCancelled(Order order) {
        return switch (order.status()) {
            case CANCELLING, CANCELLED, NEEDS_ATTENTION, PENDING -> new Accepted(order);
            case CONFIRMED, REJECTED, DECLINED -> new AlreadyFinal(order);
        };
    }
}
