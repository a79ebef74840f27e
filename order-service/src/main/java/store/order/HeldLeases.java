package store.order;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases that this process holds. A process that stops hands them back, so that no order waits for the lease of a
 * process that is gone.
 */
public final class HeldLeases {

    private static final Logger log = LoggerFactory.getLogger(HeldLeases.class);

    private final Orders orders;
    private final Set<LeasedOrder> held = ConcurrentHashMap.newKeySet();

    public HeldLeases(Orders orders) {
        this.orders = orders;
    }

    /** Notes a lease that was just taken. */
    public void hold(LeasedOrder leased) {
        held.add(leased);
    }

    /** Forgets a lease that has ended or was lost. */
    void forget(LeasedOrder leased) {
        held.remove(leased);
    }

    /** Hands back the leases still held: the last act of a process, after its work on orders had time to finish. */
    public void handBack() {
        var left = List.copyOf(held);
        if (left.isEmpty()) {
            return;
        }
        try {
            orders.handBack(left);
            log.info(
                    "{} orders were still being worked on; their leases are handed back, unless they were lost before",
                    left.size());
        } catch (Orders.NotRecorded | Orders.RecordingUnknown | Orders.WriteRefused e) {
            log.warn("{}; the leases of {} orders run out by themselves", e.getMessage(), left.size());
        }
    }
}
