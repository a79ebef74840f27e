package store.monolith;

import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import store.edge.EdgeModule;
import store.inventory.boot.InventoryModule;
import store.order.boot.OrderModule;
import store.payment.boot.PaymentModule;
import store.resilience.DatabaseTime;
import store.resilience.spring.PassOnHeadersFilter;
import store.resilience.spring.ProblemAnswers;

/**
 * The store as one process over one database: the same modules, with in-process adapters for the calls between
 * services.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
    EdgeModule.class,
    OrderModule.class,
    InventoryModule.class,
    PaymentModule.class,
    InProcessPeers.class,
    PassOnHeadersFilter.class,
    ProblemAnswers.class
})
public class MonolithApplication {

    public static void main(String[] arguments) {
        start(arguments);
    }

    static ConfigurableApplicationContext start(String... arguments) {
        var application = new SpringApplication(MonolithApplication.class);
        application.setDefaultProperties(Map.of("spring.config.name", "monolith"));
        return application.run(arguments);
    }

    @Bean
    InstantSource time(DataSource database) {
        return new DatabaseTime(database);
    }

    @Bean
    RandomGenerator random() {
        return RandomGenerator.getDefault();
    }
}
