package store.edge;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

/**
 * How guests' tokens are made, and how much is let in.
 *
 * @param guestPrivateKey RSA key that signs, PKCS#8 PEM
 * @param guestPublicKey its other half, X.509 PEM; whoever serves customers verifies with a copy
 * @param guestIssuer the tokens' {@code iss}
 * @param guestTokenLifetime how long a token is good for
 * @param guestRenewalWindow how long after its end a token still renews its customer
 * @param changesInWork how many at a time; the heap must hold some 100 KB for each
 * @param readsInWork how many beside them; as many as can be answered within their bound when the store is cold
 */
@ConfigurationProperties("store.edge")
record EdgeSettings(
        Resource guestPrivateKey,
        Resource guestPublicKey,
        @DefaultValue("https://checkout-store.example") String guestIssuer,
        @DefaultValue("24h") Duration guestTokenLifetime,
        @DefaultValue("30d") Duration guestRenewalWindow,
        @DefaultValue("250") int changesInWork,
        @DefaultValue("50") int readsInWork) {

    EdgeSettings {
        requireNonNull(guestPrivateKey, "store.edge.guest-private-key is not set");
        requireNonNull(guestPublicKey, "store.edge.guest-public-key is not set");
        if (changesInWork < 1 || readsInWork < 1) {
            throw new IllegalArgumentException(
                    "store.edge.changes-in-work and .reads-in-work: at least 1, else nothing is let in");
        }
    }
}
