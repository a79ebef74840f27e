package store.payment.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.encrypt.AesGcmBytesEncryptor;
import org.springframework.security.crypto.encrypt.BytesEncryptor;
import store.payment.CardToken;
import store.payment.OrderId;
import store.resilience.KeyRing;

/**
 * Card tokens at rest: encrypted with AES-256-GCM, and compared by an HMAC. Each of the two has its own key, derived
 * from each secret of the ring.
 */
final class CardTokens {

    private static final String HMAC = "HmacSHA256";

    private final KeyRing keys;
    private final KeyRing.ForPurpose<BytesEncryptor> encryptors;
    private final KeyRing.ForPurpose<SecretKey> fingerprintKeys;

    CardTokens(KeyRing keys) {
        this.keys = keys;
        this.encryptors = keys.derive(
                "card token at rest",
                "AES",
                key -> AesGcmBytesEncryptor.withSecretKey(key).build());
        this.fingerprintKeys = keys.derive("card token fingerprint", HMAC, key -> key);
    }

    /** Id of the key that encrypts and makes fingerprints. */
    String currentKey() {
        return keys.currentId();
    }

    /** Ids of the keys that this process can decrypt with. */
    Set<String> keys() {
        return keys.ids();
    }

    byte[] encrypt(CardToken token) {
        return encryptors.current().encrypt(token.value().getBytes(StandardCharsets.US_ASCII));
    }

    /** @param keyId null if the row names none */
    CardToken decrypt(byte[] sealed, @Nullable String keyId) {
        return encryptors.open(keyId, key -> new CardToken(new String(key.decrypt(sealed), StandardCharsets.US_ASCII)));
    }

    /** Whether one of the keys decrypts a token whose row names none. */
    boolean opens(byte[] sealed) {
        try {
            decrypt(sealed, null);
            return true;
        } catch (RuntimeException e) { // each decoder throws its own: the token may be broken
            return false;
        }
    }

    /** Covers the order's id, so that the same card has another fingerprint for each order. */
    byte[] fingerprint(OrderId orderId, CardToken token) {
        return fingerprint(fingerprintKeys.current(), orderId, token);
    }

    /**
     * Whether a fingerprint is this card's, under any key.
     *
     * @param keyId null if the row names none
     * @throws KeyRing.UnknownKey if this process lacks the key
     */
    boolean match(byte[] fingerprint, @Nullable String keyId, OrderId orderId, CardToken token) {
        return fingerprintKeys.candidates(keyId).stream()
                .anyMatch(key -> MessageDigest.isEqual(fingerprint, fingerprint(key, orderId, token)));
    }

    private static byte[] fingerprint(SecretKey key, OrderId orderId, CardToken token) {
        try {
            var mac = Mac.getInstance(HMAC);
            mac.init(key);
            return mac.doFinal((orderId + " " + token.value()).getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + HMAC, e);
        }
    }
}
