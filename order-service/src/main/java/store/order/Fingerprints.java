package store.order;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Tells whether two requests ask for the same checkout, without keeping what they said: an HMAC-SHA-256, because a plain hash of a card
 * token could be guessed.
 */
public final class Fingerprints {

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKey key;

    public Fingerprints(SecretKey key) {
        this.key = key;
    }

    /** Covers the summed lines in SKU order, the card and the expected total. */
    byte[] of(List<OrderLine> lines, CardToken card, Money expectedTotal) {
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
