package store.inventory.watch;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import store.inventory.RefusedWrites;
import store.inventory.ReportOverdueHolds;
import store.resilience.spring.OutageLines;

/** The module's recurring report, which one instance of the service makes at a time, and its metrics. */
@Configuration(proxyBeanMethods = false)
public class InventoryWatchConfiguration {

    /** Coarse, because nobody waits for a report. */
    private static final Duration POLL = Duration.ofSeconds(10);

    /** Read from the database at each request. */
    @Bean
    MeterBinder overdueHolds(ReportOverdueHolds reportOverdueHolds) {
        return registry -> Gauge.builder("store.holds.overdue", reportOverdueHolds, ReportOverdueHolds::count)
                .description("Reservations that hold stock for longer than any order should take")
                .register(registry);
    }

    @Bean
    MeterBinder refusedInventoryWritesCounted(RefusedWrites refusedWrites) {
        return registry -> FunctionCounter.builder(
                        "store.inventory.writes.refused", refusedWrites, RefusedWrites::count)
                .description("Writes that a constraint of inventory's database has refused: each is a defect")
                .register(registry);
    }

    @Bean(initMethod = "start", destroyMethod = "stop")
    @DependsOn("inventoryMigrated")
    Scheduler inventoryScheduler(
            DataSource database,
            InstantSource time,
            ReportOverdueHolds reportOverdueHolds,
            @Value("${store.inventory.overdue-holds.report-every}") Duration every) {
        OutageLines.install();
        return Scheduler.create(database)
                .startTasks(Tasks.recurring("report-overdue-holds", FixedDelay.of(every))
                        .execute((_, _) -> reportOverdueHolds.report()))
                .tableName("inventory.scheduled_tasks")
                .clock(time::instant)
                .threads(1)
                .pollingInterval(POLL)
                .shutdownMaxWait(Duration.ofSeconds(1))
                .build();
    }
}
