package store.payment.recovery;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.context.SmartLifecycle;
import store.payment.ReconcileLedger;
import store.payment.ResolvePayments;
import store.resilience.spring.OutageLines;

/**
 * Runs recovery in one instance of the service at a time, from the start of the application context until it stops. The
 * instances see each other's times in the scheduler's table, so they must share a clock.
 */
final class RecoveryScheduler implements SmartLifecycle {

    /** The task of a killed process is taken over after four missed heartbeats, the fewest allowed: about 6 s. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    /** Longer than one batch takes: its calls are bounded. */
    private static final Duration LONGEST_STOP = Duration.ofSeconds(3);

    private final Scheduler scheduler;
    private volatile boolean running;

    RecoveryScheduler(
            DataSource database,
            InstantSource time,
            ResolvePayments resolvePayments,
            Duration resolveEvery,
            ReconcileLedger reconcileLedger,
            Duration reconcileEvery) {
        var resolve = Tasks.recurring("resolve-payments", FixedDelay.of(resolveEvery))
                .execute((_, _) -> resolvePayments.resolve());
        var reconcile = Tasks.recurring("reconcile-ledger", FixedDelay.of(reconcileEvery))
                .execute((_, _) -> reconcileLedger.reconcile());
        OutageLines.install();
        this.scheduler = Scheduler.create(database)
                .startTasks(resolve, reconcile)
                .clock(time::instant)
                .tableName("payments.scheduled_tasks")
                .threads(2)
                .pollingInterval(resolveEvery)
                .heartbeatInterval(HEARTBEAT)
                .missedHeartbeatsLimit(4)
                .shutdownMaxWait(LONGEST_STOP)
                .build();
    }

    @Override
    public void start() {
        scheduler.start();
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        scheduler.stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
