package store.order;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import store.resilience.KeyRing;

/**
 * Tells whether two requests ask for the same checkout, without storing their content. It is an HMAC-SHA-256, because a
 * card token could be guessed from a plain hash.
 */
public final class Fingerprints {

    private static final String ALGORITHM = "HmacSHA256";

    /** Part of the derived key: with another purpose, no stored fingerprint could be verified. */
    private static final String PURPOSE = "request fingerprint";

    private final KeyRing.ForPurpose<SecretKey> keys;

    public Fingerprints(KeyRing ring) {
        this.keys = ring.derive(PURPOSE, ALGORITHM, key -> key);
    }

    /** Covers the summed lines in SKU order, the card and the expected total. Made with the ring's current key. */
    byte[] of(List<OrderLine> lines, CardToken card, Money expectedTotal) {
        return of(keys.current(), lines, card, expectedTotal);
    }

    /**
     * Whether such a request placed the order, whichever key was current then.
     *
     * @throws KeyRing.UnknownKey if this process cannot tell
     */
    boolean match(KeyedOrder known, List<OrderLine> lines, CardToken card, Money expectedTotal) {
        return keys.candidates(known.keyId()).stream()
                .anyMatch(key -> MessageDigest.isEqual(known.fingerprint(), of(key, lines, card, expectedTotal)));
    }

    private static byte[] of(SecretKey key, List<OrderLine> lines, CardToken card, Money expectedTotal) {
        var content = new StringBuilder();
        lines.forEach(line -> append(content, line.sku(), Integer.toString(line.quantity())));
        append(content, card.value(), Long.toString(expectedTotal.amount()), expectedTotal.currency());
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(content.toString().getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** Each part is preceded by its length, so that no two contents read the same. */
    private static void append(StringBuilder content, String... parts) {
        for (var part : parts) {
            content.append(part.length()).append(':').append(part);
        }
    }
}
