package store.resilience;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.resilience.KeyRing.UnknownKey;

class KeyRingTest {

    private static final String OLD = secret(1);
    private static final String NEW = secret(2);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aFileOfOneLineIsARingOfOneKey() throws IOException {
        for (var content : List.of(OLD, OLD + "\n", "\n " + OLD + "\r\n\n")) {
            var ring = ring(content);
            assertThat(ring.ids()).containsExactly(ring.currentId());
            assertThat(ring.currentId())
                    .matches("[0-9a-f]{8}")
                    .isEqualTo(ring(OLD).currentId());
        }
    }

    @Test
    void theFirstLineIsCurrentWhateverElseThereIs() throws IOException {
        var rotated = ring(NEW + "\n" + OLD + "\n");
        assertThat(rotated.currentId())
                .isEqualTo(ring(NEW).currentId())
                .isNotEqualTo(ring(OLD).currentId());
        assertThat(rotated.ids())
                .containsExactlyInAnyOrder(ring(NEW).currentId(), ring(OLD).currentId());
    }

    /**
     * Data on record was sealed with keys that were derived like this: extract with a salt of zeros, expand one block.
     */
    @Test
    void derivesKeysAsRfc5869Says() throws IOException, GeneralSecurityException {
        var extracted = hmac(new byte[32], Base64.getDecoder().decode(OLD));
        var key = derived(ring(OLD)).current();
        assertThat(key.getAlgorithm()).isEqualTo("AES");
        assertThat(key.getEncoded()).isEqualTo(hmac(extracted, concat("card token".getBytes(US_ASCII), (byte) 1)));
        assertThat(ring(OLD).derive("another", "AES", SecretKey::getEncoded).current())
                .isNotEqualTo(key.getEncoded());
    }

    @Test
    void whatNamesItsKeyIsOpenedWithThatOneAlone() throws IOException {
        var rotated = derived(ring(NEW + "\n" + OLD));
        var old = ring(OLD);
        assertThat(rotated.candidates(old.currentId()))
                .containsExactly(derived(old).current());
        assertThat(rotated.candidates(ring(NEW).currentId())).containsExactly(rotated.current());
    }

    @Test
    void whatNamesNoneIsTriedWithAllTheOldestFirst() throws IOException {
        assertThat(derived(ring(NEW + "\n" + OLD)).candidates(null))
                .containsExactly(
                        derived(ring(OLD)).current(), derived(ring(NEW)).current());
    }

    @Test
    void aKeyThatItLacksIsNeitherRightNorWrong() throws IOException {
        var old = ring(OLD);
        var stranger = ring(NEW).currentId();
        assertThatExceptionOfType(UnknownKey.class)
                .isThrownBy(() -> derived(old).candidates(stranger))
                .withMessageContaining(stranger)
                .withMessageContaining(old.currentId());
    }

    @Test
    void saysWhatIsWrongWithAFileAndNeverWhatIsInIt() throws IOException {
        assertUnusable("\n\n", "there is no key in ");
        assertUnusable(OLD + "\nnot*base64", "line 2 of ", " is not Base64");
        assertUnusable("c2hvcnQ=", "line 1 of ", " has 5 bytes, not 32");
        assertUnusable(OLD + "\n" + NEW + "\n" + OLD, "key " + ring(OLD).currentId() + " appears twice in ");
        assertUnusable(OLD + " " + NEW, "line 1 of ", " is not Base64");
        var missing = folder.resolve("missing");
        assertThatExceptionOfType(UnusableKeys.class)
                .isThrownBy(() -> KeyRing.read(missing, "store.secret-file"))
                .withMessage("there is no file " + missing + " (store.secret-file)");
        assertThatExceptionOfType(UnusableKeys.class)
                .isThrownBy(() -> KeyRing.read(folder, "store.secret-file"))
                .withMessageStartingWith("cannot read the keys in " + folder + " (store.secret-file)");
    }

    @Test
    void showsItsIdsAndNoSecret() throws IOException {
        var ring = ring(OLD);
        assertThat(ring.toString()).isEqualTo("KeyRing[" + ring.currentId() + "]");
    }

    private void assertUnusable(String content, String... said) {
        var thrown = assertThatExceptionOfType(UnusableKeys.class)
                .isThrownBy(() -> ring(content))
                .withNoCause()
                .withMessageContaining("ring (store.secret-file)");
        Arrays.stream(said).forEach(thrown::withMessageContaining);
        Stream.of(content.split("\\s+"))
                .filter(secret -> !secret.isEmpty())
                .forEach(secret -> thrown.satisfies(
                        failure -> assertThat(failure).message().doesNotContain(secret)));
    }

    private static KeyRing.ForPurpose<SecretKey> derived(KeyRing ring) {
        return ring.derive("card token", "AES", key -> key);
    }

    private KeyRing ring(String content) throws IOException {
        return KeyRing.read(Files.writeString(folder.resolve("ring"), content), "store.secret-file");
    }

    private static String secret(int fill) {
        var bytes = new byte[32];
        Arrays.fill(bytes, (byte) fill);
        return Objects.requireNonNull(Base64.getEncoder().encodeToString(bytes));
    }

    private static byte[] hmac(byte[] key, byte[] data) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(data);
    }

    private static byte[] concat(byte[] bytes, byte last) {
        var all = new ByteArrayOutputStream();
        all.writeBytes(bytes);
        all.write(last);
        return all.toByteArray();
    }
}
