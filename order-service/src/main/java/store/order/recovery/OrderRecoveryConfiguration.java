package store.order.recovery;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import store.order.Dossiers;
import store.order.FinishOrder;
import store.order.HeldLeases;
import store.order.Inventory;
import store.order.Orders;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.Orders.WriteRefused;
import store.order.Settlements;
import store.resilience.spring.OutageLines;

/**
 * The module's recurring tasks; each runs in one instance of the service at a time. The scheduler compares its clock
 * with times that other instances wrote, so all instances must share that clock.
 */
@Configuration(proxyBeanMethods = false)
public class OrderRecoveryConfiguration {

    private static final Logger log = LoggerFactory.getLogger(OrderRecoveryConfiguration.class);

    /** No client waits for a tick; ten ticks fit into the shortest recovery target after a fault. */
    private static final Duration TICK = Duration.ofMillis(500);

    /** Four missed heartbeats show that an instance died in a tick; db-scheduler's default takes half an hour. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    @Bean
    Pace recoveryPace(@Value("${store.order.recovery.calls-per-second}") int callsPerSecond) {
        return new Pace(callsPerSecond, System::nanoTime);
    }

    @Bean
    RecoverOrders recoverOrders(Orders orders, FinishOrder finishOrder, HeldLeases heldLeases, Pace recoveryPace) {
        return new RecoverOrders(orders, finishOrder, heldLeases, recoveryPace);
    }

    @Bean(destroyMethod = "handBack")
    CompleteSettlements completeSettlements(
            Settlements settlements, Inventory inventory, RandomGenerator random, Pace recoveryPace) {
        return new CompleteSettlements(settlements, inventory, random, recoveryPace);
    }

    /** Metrics for alarms: each should be 0, the second soon after a fault's end. Each look reads the database. */
    @Bean
    MeterBinder orderBacklog(Dossiers dossiers, Settlements settlements) {
        return registry -> {
            Gauge.builder("store.orders.needing.attention", dossiers, Dossiers::needingAttention)
                    .description("Orders that wait for an operator")
                    .register(registry);
            Gauge.builder("store.settlements.retried", settlements, Settlements::retried)
                    .description(
                            "Reservations of ended orders that are still to be committed or released after more than"
                                    + " one try")
                    .register(registry);
        };
    }

    @Bean(initMethod = "start", destroyMethod = "stop")
    @DependsOn("orderMigrated")
    Scheduler orderScheduler(
            DataSource database,
            InstantSource time,
            RecoverOrders recoverOrders,
            CompleteSettlements completeSettlements) {
        OutageLines.install();
        return Scheduler.create(database)
                .startTasks(
                        every("recover-orders", recoverOrders::recoverDue),
                        every("settle-reservations", completeSettlements::settleFresh),
                        every("settle-late-reservations", completeSettlements::settleLate))
                .clock(time::instant)
                .tableName("orders.scheduled_tasks")
                .threads(3)
                .pollingInterval(TICK)
                .heartbeatInterval(HEARTBEAT)
                .missedHeartbeatsLimit(4)
                .shutdownMaxWait(Duration.ofSeconds(4))
                .build();
    }

    /** @param work gets a check whether this instance is stopping */
    private static RecurringTask<Void> every(String name, Consumer<BooleanSupplier> work) {
        return Tasks.recurring(name, FixedDelay.of(TICK)).execute((_, context) -> {
            try {
                work.accept(context.getSchedulerState()::isShuttingDown);
            } catch (NotRecorded | RecordingUnknown | WriteRefused e) {
                log.warn("{}: {}; it continues at the next tick", name, e.getMessage());
            }
        });
    }
}
