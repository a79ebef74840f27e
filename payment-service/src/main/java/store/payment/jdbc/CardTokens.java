package store.payment.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import org.springframework.security.crypto.encrypt.AesGcmBytesEncryptor;
import org.springframework.security.crypto.encrypt.BytesEncryptor;
import store.payment.CardToken;
import store.payment.OrderId;

/** Card tokens at rest: AES-256-GCM, and an HMAC to compare by; a key of its own for each, derived from one secret. */
final class CardTokens {

    private static final String HMAC = "HmacSHA256";

    private final BytesEncryptor encryptor;
    private final SecretKey fingerprintKey;

    /** @param secret 32 random bytes */
    CardTokens(byte[] secret) throws GeneralSecurityException {
        if (secret.length != 32) {
            throw new IllegalArgumentException("the secret has 32 bytes, not " + secret.length);
        }
        this.encryptor = AesGcmBytesEncryptor.withSecretKey(derived(secret, "AES", "card token at rest"))
                .build();
        this.fingerprintKey = derived(secret, HMAC, "card token fingerprint");
    }

    byte[] encrypt(CardToken token) {
        return encryptor.encrypt(token.value().getBytes(StandardCharsets.US_ASCII));
    }

    CardToken decrypt(byte[] sealed) {
        return new CardToken(new String(encryptor.decrypt(sealed), StandardCharsets.US_ASCII));
    }

    /** Covers the order's id, so that equal cards of two orders do not show. */
    byte[] fingerprint(OrderId orderId, CardToken token) {
        try {
            var mac = Mac.getInstance(HMAC);
            mac.init(fingerprintKey);
            return mac.doFinal((orderId + " " + token.value()).getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + HMAC, e);
        }
    }

    private static SecretKey derived(byte[] secret, String algorithm, String purpose) throws GeneralSecurityException {
        var parameters = HKDFParameterSpec.ofExtract()
                .addIKM(secret)
                .thenExpand(purpose.getBytes(StandardCharsets.US_ASCII), 32);
        return KDF.getInstance("HKDF-SHA256").deriveKey(algorithm, parameters);
    }
}
