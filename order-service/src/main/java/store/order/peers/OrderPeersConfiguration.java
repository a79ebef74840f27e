package store.order.peers;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.order.Inventory;
import store.order.Payments;
import store.resilience.PeerCallSettings;
import store.resilience.PeerClient;
import store.resilience.TransactionGuard;

/** The peers over the network. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(OrderPeersConfiguration.Peers.class)
public class OrderPeersConfiguration {

    @Bean
    PeerClient inventoryClient(Peers peers, TransactionGuard guard) {
        return peers.inventory().client(guard);
    }

    @Bean
    PeerClient paymentClient(Peers peers, TransactionGuard guard) {
        return peers.payment().client(guard);
    }

    @Bean
    Inventory inventory(PeerClient inventoryClient) {
        return new HttpInventory(inventoryClient);
    }

    @Bean
    Payments payments(PeerClient paymentClient) {
        return new HttpPayments(paymentClient);
    }

    /** Where the peers are, and how long one attempt at each may last. */
    @ConfigurationProperties("store.order")
    record Peers(Peer inventory, Peer payment) {

        /** @param address of each instance, separated by commas */
        record Peer(List<URI> address, Duration connectTimeout, Duration timeout) {

            PeerClient client(TransactionGuard guard) {
                return new PeerClient(new PeerCallSettings(address, connectTimeout, timeout), guard);
            }
        }
    }
}
