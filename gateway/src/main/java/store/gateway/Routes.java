package store.gateway;

import static org.springframework.cloud.gateway.server.mvc.handler.GatewayRouterFunctions.route;
import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.HEAD;
import static org.springframework.web.servlet.function.RequestPredicates.methods;
import static org.springframework.web.servlet.function.RequestPredicates.path;

import java.util.List;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cloud.gateway.server.mvc.handler.ProxyExchangeHandlerFunction;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;
import store.resilience.PeerAddresses;

/** The public paths, and the service that owns each. No other path is reachable from outside. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RouteSettings.class)
class Routes {

    private static final String ORDERS = "/api/orders";
    private static final String ORDER = "/api/orders/{id}";
    private static final String CANCEL = "/api/orders/{id}/cancel";
    private static final String PRODUCTS = "/api/products";
    private static final String PRODUCT = "/api/products/{sku}";

    @Bean
    PeerExchange peerExchange(RouteSettings settings) {
        return new PeerExchange(settings.connectTimeout());
    }

    /** The handler finds its filters only after the context has been refreshed, but the port opens a moment earlier. */
    @Bean
    SmartInitializingSingleton forwardBeforeThePortIsOpen(
            ProxyExchangeHandlerFunction forward, ApplicationContext context) {
        return () -> forward.onApplicationEvent(new ContextRefreshedEvent(context));
    }

    @Bean
    RouterFunction<ServerResponse> publicRoutes(ProxyExchangeHandlerFunction forward, RouteSettings settings) {
        var orders = new PeerAddresses(settings.orderAddress());
        var inventory = new PeerAddresses(settings.inventoryAddress());
        var change = new PeerCall("order-service", orders, settings.changeTimeout(), true);
        var read = new PeerCall("order-service", orders, settings.orderReadTimeout(), false);
        var browse = new PeerCall("inventory-service", inventory, settings.catalogueTimeout(), false);
        return calling(change)
                .POST(ORDERS, forward)
                .POST(CANCEL, forward)
                .build()
                .and(calling(read)
                        .route(methods(GET, HEAD).and(path(ORDERS).or(path(ORDER))), forward)
                        .build())
                .and(calling(browse)
                        .route(methods(GET, HEAD).and(path(PRODUCTS).or(path(PRODUCT))), forward)
                        .build())
                .and(only(ORDERS, "GET", "HEAD", "POST"))
                .and(only(ORDER, "GET", "HEAD"))
                .and(only(CANCEL, "POST"))
                .and(only(PRODUCTS, "GET", "HEAD"))
                .and(only(PRODUCT, "GET", "HEAD"));
    }

    private static RouterFunctions.Builder calling(PeerCall call) {
        return route(call.peer()).before(call::mark);
    }

    private static RouterFunction<ServerResponse> only(String path, String... methods) {
        return route(path(path), request -> {
            throw new HttpRequestMethodNotSupportedException(request.method().name(), List.of(methods));
        });
    }
}
