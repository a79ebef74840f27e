package store.gateway;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the services are and how long they may take. Each bound covers a whole attempt, up to the last byte of the
 * answer.
 *
 * @param orderAddress order-service: scheme, host and port of each instance, separated by commas
 * @param inventoryAddress the same for inventory-service
 * @param connectTimeout bound on opening a connection; if it expires, nothing was sent
 * @param changeTimeout bound on placing and on cancelling an order: the 3 s that a client waits, less 100 ms to tell it
 *     about a failure
 * @param orderReadTimeout bound on reading orders
 * @param catalogueTimeout bound on reading products
 */
@ConfigurationProperties("store.edge")
record RouteSettings(
        List<URI> orderAddress,
        List<URI> inventoryAddress,
        @DefaultValue("200ms") Duration connectTimeout,
        @DefaultValue("2900ms") Duration changeTimeout,
        @DefaultValue("1s") Duration orderReadTimeout,
        @DefaultValue("1s") Duration catalogueTimeout) {

    RouteSettings {
        requireNonNull(orderAddress, "store.edge.order-address is not set");
        requireNonNull(inventoryAddress, "store.edge.inventory-address is not set");
    }
}
