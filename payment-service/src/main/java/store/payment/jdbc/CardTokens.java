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

/** Card tokens at rest: AES-256-GCM, and an HMAC to compare by; a key of its own for each, derived from each secret of the ring. */
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

    /** The key that is encrypted with, and that fingerprints are made with. */
    String currentKey() {
        return keys.currentId();
    }

    /** The keys of what can be decrypted here. */
    Set<String> keys() {
        return keys.ids();
    }

    byte[] encrypt(CardToken token) {
        return encryptors.current().encrypt(token.value().getBytes(StandardCharsets.US_ASCII));
    }

    /** @param keyId null if it was not noted */
    CardToken decrypt(byte[] sealed, @Nullable String keyId) {
        return encryptors.open(keyId, key -> new CardToken(new String(key.decrypt(sealed), StandardCharsets.US_ASCII)));
    }

    /** Whether a token, whose key was not noted, is under one of the keys. */
    boolean opens(byte[] sealed) {
        try {
            decrypt(sealed, null);
            return true;
        } catch (RuntimeException e) { // of whichever decoder: the token may be broken
            return false;
        }
    }

    /** Covers the order's id, so that equal cards of two orders do not show. */
    byte[] fingerprint(OrderId orderId, CardToken token) {
        return fingerprint(fingerprintKeys.current(), orderId, token);
    }

    /**
     * Whether a fingerprint is this card's, whichever key it was made with.
     *
     * @param keyId null if it was not noted
     * @throws KeyRing.UnknownKey if this process cannot tell
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
