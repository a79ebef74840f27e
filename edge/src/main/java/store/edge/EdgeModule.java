package store.edge;

import jakarta.servlet.DispatcherType;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.security.web.SecurityFilterChain;
import tools.jackson.databind.json.JsonMapper;

/**
 * The edge without its routes, for the process that has the public port: {@code /api/guests}, the token that orders
 * need, the headers that may come in, the bound on a body, and problem details for every error that no handler has
 * answered.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeSettings.class)
@Import({GuestController.class, ProblemController.class, UnservedRequests.class})
public class EdgeModule {

    @Bean
    Guests guests(EdgeSettings settings) {
        return new Guests(settings, Clock.systemUTC());
    }

    /** Only orders need a token. The rest of the public port ignores it, so a stale token does no harm there. */
    @Bean
    @Order(0)
    SecurityFilterChain edgeSecurity(HttpSecurity http, Guests guests) {
        return http.securityMatcher("/api/orders/**")
                .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .oauth2ResourceServer(server -> server.jwt(jwt -> jwt.decoder(guests::verify))
                        .authenticationEntryPoint((request, response, refused) ->
                                EdgeProblems.unauthenticated(response, refused instanceof InvalidBearerTokenException)))
                .headers(headers -> headers.defaultsDisabled()
                        .cacheControl(Customizer.withDefaults())
                        .contentTypeOptions(Customizer.withDefaults()))
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .csrf(AbstractHttpConfigurer::disable) // no cookie carries the identity
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .build();
    }

    /** Observing each security filter of each request costs a tenth of the edge's time and is of no use. */
    @Bean
    static SecurityObservationSettings noSecurityObservations() {
        return SecurityObservationSettings.noObservations();
    }

    @Bean
    FilterRegistrationBean<InboundHeadersFilter> inboundHeadersFilter() {
        var registration = new FilterRegistrationBean<>(new InboundHeadersFilter());
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.setDispatcherTypes(DispatcherType.REQUEST);
        return registration;
    }

    /** Runs before any filter that costs something. */
    @Bean
    FilterRegistrationBean<AdmissionFilter> admissionFilter(EdgeSettings settings, JsonMapper json) {
        var registration = new FilterRegistrationBean<>(
                new AdmissionFilter(settings.changesInWork(), settings.readsInWork(), json));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
        registration.setDispatcherTypes(DispatcherType.REQUEST);
        return registration;
    }

    /** Runs behind the token check, so the body of a request without a valid token is never read. */
    @Bean
    FilterRegistrationBean<WholeRequestFilter> wholeRequestFilter(JsonMapper json) {
        var registration = new FilterRegistrationBean<>(new WholeRequestFilter(json));
        registration.setOrder(SecurityFilterProperties.DEFAULT_FILTER_ORDER + 1);
        registration.setDispatcherTypes(DispatcherType.REQUEST);
        return registration;
    }

    /** Keeps Tomcat from reading a form's body as parameters: the handler reads the body. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> bodiesLeftAlone() {
        return factory -> factory.addConnectorCustomizers(connector -> connector.setParseBodyMethods(""));
    }

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemsOfTomcat(JsonMapper json) {
        return factory -> factory.addContextCustomizers(
                context -> context.getParent().getPipeline().addValve(new ProblemReportValve(json)));
    }
}
