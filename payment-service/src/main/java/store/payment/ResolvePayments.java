package store.payment;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings payments forward whose holder got no answer or died. */
public final class ResolvePayments {

    private static final Logger log = LoggerFactory.getLogger(ResolvePayments.class);

    /** With a batch every 200 ms, an acquirer that has just come back gets at most 50 payments in a second. */
    private static final int BATCH = 10;

    private final Payments payments;
    private final Acquirer acquirer;
    private final Attempts attempts;
    private final AttemptSettings settings;

    public ResolvePayments(Payments payments, Acquirer acquirer, Attempts attempts, AttemptSettings settings) {
        this.payments = payments;
        this.acquirer = acquirer;
        this.attempts = attempts;
        this.settings = settings;
    }

    /**
     * Takes one batch of due payments over and makes one attempt for each, side by side.
     *
     * @return number of payments taken over
     */
    public int resolve() {
        var due = payments.claimDue(acquirer.name(), BATCH, settings.lease());
        attempts.hold(due);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var attempted = threads.invokeAll(due.stream()
                    .<Callable<Payment>>map(held -> () -> attempts.resume(held))
                    .toList());
            for (var i = 0; i < due.size(); i++) {
                try {
                    attempted.get(i).get();
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof WriteRefused) {
                        continue; // the record has logged it
                    }
                    log.warn(
                            "payment {}: this attempt failed; the payment is taken over again when its lease ends",
                            due.get(i).orderId(),
                            e.getCause());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // unfinished payments are due again when their leases end
        }
        return due.size();
    }
}
