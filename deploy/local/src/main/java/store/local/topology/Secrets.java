package store.local.topology;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;

/**
 * The keys and passwords of one instance, each in a file that only its owner can read. They are kept until
 * {@code --fresh}.
 */
record Secrets(Path folder) {

    /** The bearer token of the operator's requests. */
    static final String OPERATOR_TOKEN = "operator.token";

    /** A service's keys, one a line; the first is the current one. */
    static final String ORDER_KEYS = "order.key";

    static final String PAYMENT_KEYS = "payment.key";

    /** The key that signs guests' tokens, PKCS#8, and the key that verifies them, X.509. */
    static final String GUESTS_PRIVATE = "guests-private.pem";

    static final String GUESTS_PUBLIC = "guests-public.pem";

    static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final int KEY_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Makes the missing secrets. */
    static Secrets in(Path folder) throws IOException {
        Secrets secrets = new Secrets(folder);
        Files.createDirectories(folder);
        secrets.once(ORDER_KEYS, key());
        secrets.once(PAYMENT_KEYS, key());
        secrets.once(OPERATOR_TOKEN, HexFormat.of().formatHex(random(KEY_BYTES)));
        if (!Files.exists(secrets.file(GUESTS_PUBLIC))) { // a private key alone is useless
            KeyPair guests = rsa();
            secrets.replace(
                    GUESTS_PRIVATE, pem("PRIVATE KEY", guests.getPrivate().getEncoded()));
            secrets.replace(GUESTS_PUBLIC, pem("PUBLIC KEY", guests.getPublic().getEncoded()));
        }
        return secrets;
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** The password of a database's role: letters and digits. The threads that prepare an instance ask for it at the same time. */
    synchronized String password(String database) throws IOException {
        once(database + ".password", HexFormat.of().formatHex(random(16)));
        return Files.readString(file(database + ".password"));
    }

    static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return random;
    }

    private void once(String name, String content) throws IOException {
        if (!Files.exists(file(name))) {
            replace(name, content);
        }
    }

    /** Replaces a file as a whole or not at all, and forces it to disk: data under a lost key is lost too. */
    void replace(String name, String content) throws IOException {
        Path fresh = file(name + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, OWNER_ONLY);
        try (FileChannel file = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(fresh, file(name), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** A new key of a service: 32 random bytes in Base64. */
    static String key() {
        return Base64.getEncoder().encodeToString(random(KEY_BYTES));
    }

    private static KeyPair rsa() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    private static String pem(String type, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
    }
}
