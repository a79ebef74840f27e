package store.payment;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.LongSupplier;

/** The payments that this process holds, until it has recorded what came of its attempt or the lease is over. */
final class HeldPayments {

    private final SequencedMap<Payment, Long> sinceNanos = new LinkedHashMap<>();
    private final long leaseNanos;
    private final LongSupplier nanoTime;

    HeldPayments(Duration lease, LongSupplier nanoTime) {
        this.leaseNanos = lease.toNanos();
        this.nanoTime = nanoTime;
    }

    synchronized void add(Payment held) {
        dropOverdue();
        sinceNanos.putLast(held, nanoTime.getAsLong());
    }

    synchronized void remove(Payment recorded) {
        sinceNanos.remove(recorded);
    }

    synchronized List<Payment> all() {
        dropOverdue();
        return List.copyOf(sinceNanos.sequencedKeySet());
    }

    /** An attempt that failed is never recorded. When its lease is over the payment is anybody's. */
    private void dropOverdue() {
        while (!sinceNanos.isEmpty()
                && nanoTime.getAsLong() - sinceNanos.firstEntry().getValue() > leaseNanos) {
            sinceNanos.pollFirstEntry();
        }
    }
}
