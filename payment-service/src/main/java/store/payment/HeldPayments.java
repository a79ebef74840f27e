package store.payment;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.LongSupplier;

/** The payments that this process holds: from taking a payment until its outcome is recorded or its lease is over. */
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

    /** A failed attempt records nothing. When its lease is over, any instance may take the payment. */
    private void dropOverdue() {
        while (!sinceNanos.isEmpty()
                && nanoTime.getAsLong() - sinceNanos.firstEntry().getValue() > leaseNanos) {
            sinceNanos.pollFirstEntry();
        }
    }
}
