package store.edge;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

/**
 * How guests' tokens are made, and how many requests may be in work.
 *
 * @param guestPrivateKey the RSA key that signs, PKCS#8 PEM
 * @param guestPublicKey the matching public key, X.509 PEM; every process that serves customers verifies with a copy
 * @param guestIssuer the tokens' {@code iss}
 * @param guestTokenLifetime how long a token is valid
 * @param guestRenewalWindow how long after its expiry a token can still be renewed
 * @param changesInWork how many changes at a time; the heap must hold some 100 KB for each
 * @param readsInWork how many reads at a time, besides; as many as a cold store can answer within their bound
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
                    "store.edge.changes-in-work and .reads-in-work must be at least 1, or nothing is let in");
        }
    }
}
