package store.order.recovery;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import store.order.FinishOrder;
import store.order.Inventory;
import store.order.Orders;
import store.order.Settlements;

/**
 * The module's recurring work, of which one instance of the service does each part at a time. The scheduler compares its clock with what
 * other instances have written, so the clock must be one that they share.
 */
@Configuration(proxyBeanMethods = false)
public class OrderRecovery {

    /** Nobody waits for recovery within a tick; ten of them still fit into a fault's shortest recovery target. */
    private static final Duration TICK = Duration.ofMillis(500);

    /** An instance that died in a tick is noticed after four missed heartbeats; db-scheduler's default would take half an hour. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    @Bean
    RecoverOrders recoverOrders(Orders orders, FinishOrder finishOrder) {
        return new RecoverOrders(orders, finishOrder);
    }

    @Bean
    SettleReservations settleReservations(Settlements settlements, Inventory inventory, RandomGenerator random) {
        return new SettleReservations(settlements, inventory, random);
    }

    @Bean(initMethod = "start", destroyMethod = "stop")
    @DependsOn("orderMigrated")
    Scheduler orderScheduler(
            DataSource database,
            InstantSource time,
            RecoverOrders recoverOrders,
            SettleReservations settleReservations) {
        return Scheduler.create(database)
                .startTasks(
                        Tasks.recurring("recover-orders", FixedDelay.of(TICK))
                                .execute((_, _) -> recoverOrders.recoverDue()),
                        Tasks.recurring("settle-reservations", FixedDelay.of(TICK))
                                .execute((_, _) -> settleReservations.settleDue()))
                .clock(time::instant)
                .tableName("orders.scheduled_tasks")
                .threads(2)
                .pollingInterval(TICK)
                .heartbeatInterval(HEARTBEAT)
                .missedHeartbeatsLimit(4)
                .shutdownMaxWait(Duration.ofSeconds(4))
                .build();
    }
}
