package store.inventory.boot;

import java.time.InstantSource;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import store.inventory.web.ReservationWebConfiguration;
import store.resilience.DatabaseTime;
import store.resilience.spring.PassOnHeadersFilter;
import store.resilience.spring.ProblemAnswers;

/** inventory-service: the module and its internal API as one process. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({InventoryModule.class, ReservationWebConfiguration.class, PassOnHeadersFilter.class, ProblemAnswers.class})
public class InventoryServiceApplication {

    public static void main(String[] arguments) {
        var application = new SpringApplication(InventoryServiceApplication.class);
        application.setDefaultProperties(Map.of("spring.config.name", "inventory-service"));
        application.run(arguments);
    }

    @Bean
    InstantSource time(DataSource database) {
        return new DatabaseTime(database);
    }
}
