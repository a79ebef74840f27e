package store.order.boot;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.UUIDClock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import store.order.CancelOrder;
import store.order.Dossiers;
import store.order.Fingerprints;
import store.order.FinishOrder;
import store.order.HeldLeases;
import store.order.Inventory;
import store.order.OrderId;
import store.order.Orders;
import store.order.Payments;
import store.order.PlaceOrder;
import store.order.ResolveOrder;
import store.order.RetryOrder;
import store.order.TerminalAnswers;
import store.order.jdbc.OrderJdbcConfiguration;
import store.order.recovery.OrderRecoveryConfiguration;
import store.order.web.OrderWebConfiguration;
import store.resilience.KeyRing;

/**
 * The checkout over one database: everything but how its peers, {@link Inventory} and {@link Payments}, are reached.
 */
@Configuration(proxyBeanMethods = false)
@Import({OrderJdbcConfiguration.class, OrderWebConfiguration.class, OrderRecoveryConfiguration.class})
public class OrderModule {

    @Bean
    FinishOrder finishOrder(
            Orders orders,
            Inventory inventory,
            Payments payments,
            TerminalAnswers answers,
            HeldLeases heldLeases,
            @Value("${store.order.patience}") Duration patience,
            InstantSource time,
            RandomGenerator random) {
        return new FinishOrder(orders, inventory, payments, answers, heldLeases, patience, time, random);
    }

    /** Spring destroys it after everything that works on orders, and before the database's pool. */
    @Bean(destroyMethod = "handBack")
    HeldLeases heldLeases(Orders orders) {
        return new HeldLeases(orders);
    }

    @Bean
    PlaceOrder placeOrder(
            Orders orders, FinishOrder finishOrder, @Qualifier("orderKeys") KeyRing keys, InstantSource time) {
        // Lists are sorted by order id, so all instances must take the id's time from one clock.
        var ids = Generators.timeBasedEpochGenerator(null, new UUIDClock() {
            @Override
            public long currentTimeMillis() {
                return time.millis();
            }
        });
        return new PlaceOrder(orders, finishOrder, new Fingerprints(keys), () -> new OrderId(ids.generate()));
    }

    @Bean
    CancelOrder cancelOrder(Orders orders, FinishOrder finishOrder) {
        return new CancelOrder(orders, finishOrder);
    }

    @Bean
    RetryOrder retryOrder(Dossiers dossiers) {
        return new RetryOrder(dossiers);
    }

    @Bean
    ResolveOrder resolveOrder(Dossiers dossiers, Inventory inventory, Payments payments, FinishOrder finishOrder) {
        return new ResolveOrder(dossiers, inventory, payments, finishOrder);
    }
}
