package store.resilience;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of one service. The current key seals and signs; the others only open and verify what they sealed and
 * signed before.
 *
 * <p>A key's id derives from the key. So nobody has to name keys, all processes use the same id for a key, and no id
 * means two keys. The id is stored with sealed data, and that key opens the data later, whichever key is current by
 * then.
 *
 * <p>To rotate, first give every process the new key as its last one, then as its first. If the new key came first at
 * once, the first instance to have it would seal data that another instance cannot open yet.
 */
public final class KeyRing {

    private static final int SECRET_BYTES = 32;
    private static final int ID_BYTES = 4;
    private static final String ID_PURPOSE = "key id";

    private final String origin;

    /** By id; the current key first. */
    private final Map<String, byte[]> secrets;

    private KeyRing(String origin, Map<String, byte[]> secrets) {
        this.origin = origin;
        this.secrets = secrets;
    }

    /**
     * Reads a ring.
     *
     * @param file one secret a line, 32 random bytes in Base64 each; the first is the current one
     * @param setting the setting that names the file, for messages
     * @throws UnusableKeys if the file cannot be read or is not a ring
     */
    public static KeyRing read(Path file, String setting) {
        var origin = file + " (" + setting + ")";
        try {
            return of(Files.readAllLines(file, StandardCharsets.ISO_8859_1), origin);
        } catch (NoSuchFileException _) {
            throw new UnusableKeys("there is no file " + origin);
        } catch (IOException e) {
            throw new UnusableKeys("cannot read the keys in " + origin + ": " + e);
        }
    }

    private static KeyRing of(List<String> lines, String origin) {
        var secrets = new LinkedHashMap<String, byte[]>();
        for (var i = 0; i < lines.size(); i++) {
            var line = lines.get(i).strip();
            if (!line.isEmpty()) {
                var secret = secret(line, "line " + (i + 1) + " of " + origin);
                if (secrets.putIfAbsent(id(secret), secret) != null) {
                    throw new UnusableKeys("key " + id(secret) + " appears twice in " + origin);
                }
            }
        }
        if (secrets.isEmpty()) {
            throw new UnusableKeys("there is no key in " + origin);
        }
        return new KeyRing(origin, secrets);
    }

    /** Drops the decoder's own message, because it may quote the secret. */
    private static byte[] secret(String line, String where) {
        byte[] secret;
        try {
            secret = Base64.getDecoder().decode(line);
        } catch (IllegalArgumentException _) {
            throw new UnusableKeys(where + " is not Base64");
        }
        if (secret.length != SECRET_BYTES) {
            throw new UnusableKeys(where + " has " + secret.length + " bytes, not " + SECRET_BYTES);
        }
        return secret;
    }

    /** The id of the key that seals and signs. */
    public String currentId() {
        return secrets.keySet().iterator().next();
    }

    /** Every key's id. */
    public Set<String> ids() {
        return Set.copyOf(secrets.keySet());
    }

    /** Where the ring was read: the file and the setting. */
    String origin() {
        return origin;
    }

    /**
     * Derives a key for one purpose from each key of the ring. Different purposes get different keys: HKDF, RFC 5869.
     *
     * @param purpose ASCII; data that was sealed for one purpose cannot be opened for another
     * @param algorithm the algorithm that uses the derived keys, of 32 bytes each
     */
    public <K> ForPurpose<K> derive(String purpose, String algorithm, Function<SecretKey, K> make) {
        var made = new LinkedHashMap<String, K>();
        secrets.forEach((id, secret) -> {
            try {
                made.put(id, make.apply(hkdf().deriveKey(algorithm, parameters(secret, purpose, SECRET_BYTES))));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("cannot derive the key for the " + purpose, e);
            }
        });
        return new ForPurpose<>(made);
    }

    private static String id(byte[] secret) {
        try {
            return HexFormat.of().formatHex(hkdf().deriveData(parameters(secret, ID_PURPOSE, ID_BYTES)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot derive the " + ID_PURPOSE, e);
        }
    }

    private static KDF hkdf() throws GeneralSecurityException {
        return KDF.getInstance("HKDF-SHA256");
    }

    private static HKDFParameterSpec parameters(byte[] secret, String purpose, int bytes) {
        return HKDFParameterSpec.ofExtract()
                .addIKM(secret)
                .thenExpand(purpose.getBytes(StandardCharsets.US_ASCII), bytes);
    }

    @Override
    public String toString() {
        return "KeyRing" + List.copyOf(secrets.keySet());
    }

    /** The keys that a ring has for one purpose. */
    public static final class ForPurpose<K> {

        /** By id; the current key first. */
        private final Map<String, K> keys;

        private ForPurpose(Map<String, K> keys) {
            this.keys = keys;
        }

        /** The key that seals and signs. */
        public K current() {
            return keys.values().iterator().next();
        }

        /**
         * The keys that may have sealed or signed something.
         *
         * @param id of the key; null if it was not recorded, so that it may be any key, the oldest first
         * @throws UnknownKey if the ring does not have the key
         */
        public List<K> candidates(@Nullable String id) {
            if (id == null) {
                return new ArrayList<>(keys.values()).reversed();
            }
            var key = keys.get(id);
            if (key == null) {
                throw new UnknownKey(id, keys.keySet());
            }
            return List.of(key);
        }

        /**
         * Opens sealed data.
         *
         * @param id as for {@link #candidates}
         * @param open throws an IllegalStateException if another key sealed the data, as an authenticated cipher can
         *     tell
         * @throws IllegalStateException if none of the keys opens the data
         * @throws UnknownKey if the ring does not have the key
         */
        public <T> T open(@Nullable String id, Function<K, T> open) {
            var left = candidates(id).iterator();
            while (true) {
                try {
                    return open.apply(left.next());
                } catch (IllegalStateException e) {
                    if (!left.hasNext()) {
                        throw e;
                    }
                }
            }
        }
    }

    /**
     * Data was sealed with a key that this ring does not have. The data is not broken: another instance can open it.
     */
    public static final class UnknownKey extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private UnknownKey(String id, Set<String> known) {
            super("it was sealed with key " + id + ", and this process only has "
                    + known.stream().collect(Collectors.joining(", ")));
        }
    }
}
