package store.order.boot;

import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.SecurityFilterChain;
import store.order.peers.OrderPeersConfiguration;
import store.resilience.DatabaseTime;
import store.resilience.TransactionGuard;
import store.resilience.spring.PassOnHeadersFilter;
import store.resilience.spring.ProblemAnswers;
import store.resilience.spring.SpringTransactionGuard;

/** order-service: the module with its peers over the network, as a process of its own that checks tokens itself. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({OrderModule.class, OrderPeersConfiguration.class, PassOnHeadersFilter.class, ProblemAnswers.class})
public class OrderServiceApplication {

    public static void main(String[] arguments) {
        var application = new SpringApplication(OrderServiceApplication.class);
        application.setDefaultProperties(Map.of("spring.config.name", "order-service"));
        application.run(arguments);
    }

    /** The gateway has checked the token already; this service checks it again. */
    @Bean
    SecurityFilterChain tokenCheck(HttpSecurity http) {
        return http.securityMatcher("/api/**")
                .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .oauth2ResourceServer(resourceServer -> resourceServer.jwt(jwt -> {}))
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .csrf(csrf -> csrf.disable())
                .headers(headers -> headers.disable()) // these are for browsers; the edge decides on them
                .build();
    }

    /**
     * An observation for each security filter of each request costs a tenth of this service's time and tells nothing.
     */
    @Bean
    static SecurityObservationSettings noSecurityObservations() {
        return SecurityObservationSettings.noObservations();
    }

    @Bean
    TransactionGuard transactionGuard() {
        return new SpringTransactionGuard();
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
