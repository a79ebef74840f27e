package store.monolith;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.testing.TestDatabase;

/**
 * The monolith's surroundings: an empty database, an acquirer, a secret and keys.
 *
 * @param settings the properties that are set at deployment; the system picks free ports
 */
record Surroundings(TestDatabase database, AcquirerSandbox acquirer, Map<String, String> settings) {

    static final String OPERATOR_TOKEN = "the-operators-token";

    static Surroundings in(Path folder) throws IOException, GeneralSecurityException {
        var database = TestDatabase.create();
        var acquirer = AcquirerSandbox.start(AcquirerSettings.defaults(folder.resolve("acquirer")));
        var secret =
                Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        var operator = Files.writeString(folder.resolve("operator"), OPERATOR_TOKEN);
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        var keys = generator.generateKeyPair();
        return new Surroundings(
                database,
                acquirer,
                Map.ofEntries(
                        Map.entry("server.address", "127.0.0.1"),
                        Map.entry("server.port", "0"),
                        Map.entry("management.server.address", "127.0.0.1"),
                        Map.entry("management.server.port", "0"),
                        Map.entry("spring.datasource.url", database.jdbcUrl()),
                        Map.entry("spring.datasource.username", database.user()),
                        Map.entry("spring.datasource.password", database.password()),
                        Map.entry("store.order.secret-file", secret.toString()),
                        Map.entry("store.order.operator-token-file", operator.toString()),
                        Map.entry("store.payment.operator-token-file", operator.toString()),
                        Map.entry("store.payment.secret-file", secret.toString()),
                        Map.entry("store.payment.acquirer.address", "http://127.0.0.1:" + acquirer.port()),
                        Map.entry(
                                "store.edge.guest-private-key",
                                pem(folder.resolve("private"), "PRIVATE KEY", keys.getPrivate())),
                        Map.entry(
                                "store.edge.guest-public-key",
                                pem(folder.resolve("public"), "PUBLIC KEY", keys.getPublic()))));
    }

    private static String pem(Path file, String kind, Key key) throws IOException {
        var body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
        Files.writeString(file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
        return "file:" + file;
    }
}
