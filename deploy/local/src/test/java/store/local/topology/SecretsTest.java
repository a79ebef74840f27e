package store.local.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void areMadeOnceAndOnlyTheirOwnerCanReadThem() throws IOException {
        Secrets secrets = Secrets.in(folder);
        String password = secrets.password("order-db");
        byte[] key = Files.readAllBytes(secrets.file("order.key"));

        Secrets again = Secrets.in(folder);

        assertThat(again.password("order-db")).isEqualTo(password).matches("[0-9a-f]{32}");
        assertThat(again.file("order.key")).hasBinaryContent(key);
        assertThat(Base64.getDecoder().decode(key)).hasSize(32);
        try (var files = Files.list(folder)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(6);
            for (Path file : all) {
                assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }
    }

    @Test
    void haveTheTwoHalvesOfOneKey() throws IOException, GeneralSecurityException {
        Secrets secrets = Secrets.in(folder);
        KeyFactory rsa = KeyFactory.getInstance("RSA");
        var priv = (RSAPrivateCrtKey)
                rsa.generatePrivate(new PKCS8EncodedKeySpec(der(secrets.file("guests-private.pem"))));
        var pub = (RSAPublicKey) rsa.generatePublic(new X509EncodedKeySpec(der(secrets.file("guests-public.pem"))));

        assertThat(pub.getModulus()).isEqualTo(priv.getModulus());
        assertThat(pub.getModulus().bitLength()).isEqualTo(2048);
    }

    private static byte[] der(Path pem) throws IOException {
        String base64 =
                Files.readString(pem).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        return Base64.getDecoder().decode(base64);
    }
}
