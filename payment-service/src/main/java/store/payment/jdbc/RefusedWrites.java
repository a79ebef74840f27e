package store.payment.jdbc;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import store.payment.OrderId;
import store.payment.WriteRefused;

/** Tells a write that a constraint refuses from one that the database did not answer: logged once for each payment, and counted. */
final class RefusedWrites {

    private static final Logger log = LoggerFactory.getLogger(RefusedWrites.class);

    /** How many payments are remembered as logged; beyond that the oldest may be logged again. */
    private static final int REMEMBERED = 1_000;

    private final AtomicLong count = new AtomicLong();
    private final Set<OrderId> logged = Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<OrderId, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    }));

    /** @throws WriteRefused if a constraint refuses the write */
    <T> T guard(OrderId orderId, Supplier<T> write) {
        try {
            return write.get();
        } catch (DataIntegrityViolationException e) {
            throw refused(orderId, e);
        }
    }

    long count() {
        return count.get();
    }

    private WriteRefused refused(OrderId orderId, DataIntegrityViolationException why) {
        count.incrementAndGet();
        if (logged.add(orderId)) {
            // The first line names the constraint. What follows may show the row.
            log.error(
                    "payment {}: the database refuses to record it ({}); a person has to look at it, and this is not"
                            + " logged again",
                    orderId,
                    String.valueOf(why.getMostSpecificCause().getMessage())
                            .lines()
                            .findFirst()
                            .orElse(""));
        }
        return new WriteRefused(orderId, why);
    }
}
