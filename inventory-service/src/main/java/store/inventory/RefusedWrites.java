package store.inventory;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import store.resilience.RecentKeys;
import store.resilience.spring.OneLine;

/**
 * The writes that a constraint of the database has refused. Such a write is a defect of this program or of its data and not an outage: it
 * is refused again however often it is repeated, so the caller is told that the request contradicts what is on record.
 */
public final class RefusedWrites {

    private static final Logger log = LoggerFactory.getLogger(RefusedWrites.class);

    private final AtomicLong count = new AtomicLong();
    private final RecentKeys<OrderId> logged = new RecentKeys<>(1000);

    /** How many there were since this process started. */
    public long count() {
        return count.get();
    }

    /** Counts one, and logs the first of an order. Returns why the caller's request cannot be met. */
    String add(OrderId order, DataIntegrityViolationException refusal) {
        count.incrementAndGet();
        if (logged.add(order)) {
            log.error(
                    "the database refuses to write what order {} asks for ({}); the caller is told that this"
                            + " contradicts the record, and is told so until somebody repairs the cause",
                    order,
                    OneLine.of(refusal));
        }
        return "a constraint of inventory's database refuses this";
    }
}
