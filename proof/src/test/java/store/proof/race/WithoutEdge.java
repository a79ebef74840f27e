package store.proof.race;

import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import store.inventory.boot.InventoryModule;
import store.monolith.InProcessPeers;
import store.order.boot.OrderModule;
import store.payment.boot.PaymentModule;

/** The monolith's modules and adapters without edge and web server, so that several instances can run in one JVM. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({OrderModule.class, InventoryModule.class, PaymentModule.class, InProcessPeers.class})
class WithoutEdge {

    /**
     * @param settings the properties that are set at deployment
     * @param ports may wrap each port
     * @param time the clock of inventory and payment
     */
    static ConfigurableApplicationContext start(
            Map<String, String> settings, BeanPostProcessor ports, InstantSource time) {
        return new SpringApplicationBuilder(WithoutEdge.class)
                .web(WebApplicationType.NONE)
                .properties(Map.of("spring.config.name", "monolith"))
                .initializers(context -> {
                    context.getBeanFactory().addBeanPostProcessor(ports);
                    context.getBeanFactory().registerSingleton("time", time);
                })
                .run(settings.entrySet().stream()
                        .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                        .toArray(String[]::new));
    }

    @Bean
    RandomGenerator random() {
        return RandomGenerator.getDefault();
    }
}
