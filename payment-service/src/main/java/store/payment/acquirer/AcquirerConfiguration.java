package store.payment.acquirer;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.payment.Acquirer;
import store.resilience.PeerCallSettings;
import store.resilience.PeerClient;
import store.resilience.spring.SpringTransactionGuard;

/** The acquirer, which every build calls over the network. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AcquirerConfiguration.AcquirerProperties.class)
public class AcquirerConfiguration {

    @Bean
    Acquirer httpAcquirer(AcquirerProperties properties) {
        var call =
                new PeerCallSettings(List.of(properties.address()), properties.connectTimeout(), properties.timeout());
        return new HttpAcquirer(properties.name(), new PeerClient(call, new SpringTransactionGuard()));
    }

    /**
     * @param name part of every key; it must not change while a payment is open
     * @param timeout bound on a whole attempt
     */
    @ConfigurationProperties("store.payment.acquirer")
    record AcquirerProperties(String name, URI address, Duration connectTimeout, Duration timeout) {}
}
