package store.order;

import org.jspecify.annotations.Nullable;
import store.order.Resolution.Done;
import store.order.Resolution.NotFound;
import store.order.Resolution.Refused;

/** Lets recovery retry an order that needed attention, because the cause is gone. */
public final class RetryOrder {

    private final Dossiers dossiers;

    public RetryOrder(Dossiers dossiers) {
        this.dossiers = dossiers;
    }

    /**
     * @throws Orders.NotRecorded if certainly nothing was done
     * @throws Orders.RecordingUnknown if it may have been done
     */
    public Resolution retry(OrderId id, @Nullable String why) {
        return dossiers.retry(id, why).<Resolution>map(Done::new).orElseGet(() -> notNeeded(dossiers, id));
    }

    static Resolution notNeeded(Dossiers dossiers, OrderId id) {
        return Orders.afterFirstWrite(() -> dossiers.find(id)
                .<Resolution>map(order -> new Refused("the order is " + order.status() + " and needs no operator"))
                .orElseGet(NotFound::new));
    }
}
