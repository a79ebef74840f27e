package store.payment.jdbc;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import store.payment.OrderId;
import store.payment.WriteRefused;
import store.resilience.RecentKeys;
import store.resilience.spring.OneLine;

/** Tells a write that a constraint refuses from one that the database did not answer: logged once for each payment, and counted. */
final class RefusedWrites {

    private static final Logger log = LoggerFactory.getLogger(RefusedWrites.class);

    private final AtomicLong count = new AtomicLong();
    private final RecentKeys<OrderId> logged = new RecentKeys<>(1000);

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
            log.error(
                    "payment {}: the database refuses to record it ({}); a person has to look at it, and this is not"
                            + " logged again",
                    orderId,
                    OneLine.of(why));
        }
        return new WriteRefused(orderId, why);
    }
}
