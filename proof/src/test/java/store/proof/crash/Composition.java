package store.proof.crash;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.ConfigurationPropertiesAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import store.inventory.boot.InventoryModule;
import store.monolith.InProcessPeers;
import store.order.boot.OrderModule;
import store.payment.boot.PaymentModule;

/** The monolith without its web server. A {@link Watch} watches its ports and connections. */
@ImportAutoConfiguration({
    PropertyPlaceholderAutoConfiguration.class,
    ConfigurationPropertiesAutoConfiguration.class,
    JacksonAutoConfiguration.class,
    DataSourceAutoConfiguration.class,
    DataSourceTransactionManagerAutoConfiguration.class,
    TransactionAutoConfiguration.class,
    JdbcTemplateAutoConfiguration.class,
    JdbcClientAutoConfiguration.class
})
@Import({OrderModule.class, InventoryModule.class, PaymentModule.class, InProcessPeers.class})
class Composition {

    private static final List<String> SCHEDULERS =
            List.of("orderScheduler", "inventoryScheduler", "paymentRecoveryScheduler");
    private static final List<String> MIGRATIONS = List.of("orderMigrated", "inventoryMigrated", "paymentMigrated");

    /**
     * @param scheduled whether recovery runs by itself; else {@link Shop} calls its use cases
     * @param migrating false to start sooner, if the tables exist already
     */
    static ConfigurableApplicationContext start(Watch watch, boolean scheduled, boolean migrating, String... settings) {
        return new SpringApplicationBuilder(Composition.class)
                .web(WebApplicationType.NONE)
                .properties(Map.of("spring.config.name", "monolith"))
                .lazyInitialization(!scheduled)
                .initializers(context -> {
                    context.getBeanFactory().addBeanPostProcessor(watch);
                    context.addBeanFactoryPostProcessor(beans -> {
                        var registry = (BeanDefinitionRegistry) beans;
                        if (!scheduled) {
                            SCHEDULERS.forEach(registry::removeBeanDefinition);
                        }
                        if (!migrating) {
                            // Other beans depend on these by name.
                            MIGRATIONS.forEach(migration -> {
                                registry.removeBeanDefinition(migration);
                                registry.registerBeanDefinition(migration, new RootBeanDefinition(Object.class));
                            });
                        }
                    });
                })
                .run(settings);
    }

    @Bean
    InstantSource time() {
        return InstantSource.system();
    }

    @Bean
    RandomGenerator random() {
        return RandomGenerator.getDefault();
    }
}
