package store.order.peers;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import store.resilience.PeerCallSettings;
import store.resilience.PeerClient;
import store.resilience.spring.SpringTransactionGuard;
import store.testing.TestDatabase;

/** Starts the service that owns a port, over a database of its own. */
final class RealOwner {

    private RealOwner() {}

    static ConfigurableApplicationContext start(Class<?> application, String name, String... arguments) {
        var database = TestDatabase.create();
        var common = List.of(
                "--spring.config.name=" + name,
                "--server.port=0",
                "--management.server.port=0",
                "--spring.datasource.url=" + database.jdbcUrl(),
                "--spring.datasource.username=" + database.user(),
                "--spring.datasource.password=" + database.password());
        var owner = new SpringApplication(application, OpenDoors.class);
        return owner.run(Stream.concat(common.stream(), Stream.of(arguments)).toArray(String[]::new));
    }

    static PeerClient client(ConfigurableApplicationContext owner) {
        var port = Objects.requireNonNull(owner.getEnvironment().getProperty("local.server.port"));
        // Generous, because a contract is about answers; the bounds have tests of their own.
        var settings = new PeerCallSettings(
                List.of(URI.create("http://localhost:" + port)), Duration.ofSeconds(1), Duration.ofSeconds(5));
        return new PeerClient(settings, new SpringTransactionGuard());
    }

    /** This module's class path has Spring Security; the owner's does not. */
    @Configuration(proxyBeanMethods = false)
    static class OpenDoors {

        @Bean
        SecurityFilterChain open(HttpSecurity http) {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                    .csrf(csrf -> csrf.disable())
                    .build();
        }
    }
}
