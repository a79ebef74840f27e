package store.local.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.local.supervision.InstanceFolder;

class KeyRotationTest {

    @TempDir
    private Path root = Path.of("");

    private InstanceFolder folder = new InstanceFolder(root);
    private Path ring = root;
    private String old = "";

    @BeforeEach
    void makeKeys() throws IOException {
        folder = new InstanceFolder(root.resolve("test"));
        Secrets.in(folder.secrets());
        ring = folder.secrets().resolve("order.key");
        old = Files.readString(ring); // one line, as in every store that was made before keys could be rotated
    }

    @Test
    void addsTheNewKeyLastAndThenPutsItFirst() throws IOException {
        List<String> other = Files.readAllLines(folder.secrets().resolve("payment.key"));
        try (KeyRotation rotation = begin()) {
            assertThat(rotation.isCurrent()).isFalse();
            rotation.add();
            List<String> learnt = keys();
            assertThat(learnt)
                    .hasSize(2)
                    .startsWith(old)
                    .allSatisfy(
                            key -> assertThat(Base64.getDecoder().decode(key)).hasSize(32));
            rotation.makeCurrent();
            assertThat(keys()).containsExactly(learnt.get(1), old);
            rotation.finish();
        }
        assertThat(Files.readAllLines(folder.secrets().resolve("payment.key"))).isEqualTo(other);
        try (var files = Files.list(folder.secrets())) {
            for (Path file : files.toList()) {
                assertThat(Files.getPosixFilePermissions(file))
                        .as("%s", file)
                        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
        }
    }

    @Test
    void keepsEveryOldKey() throws IOException {
        rotate();
        List<String> first = keys();
        rotate();
        assertThat(keys()).hasSize(3).containsSubsequence(first);
    }

    @Test
    void continuesWhereverItWasInterrupted() throws IOException {
        for (int steps = 0; steps < 4; steps++) {
            List<String> before = keys();
            try (KeyRotation interrupted = begin()) {
                if (steps > 0) {
                    interrupted.add();
                }
                if (steps > 1) {
                    interrupted.makeCurrent();
                }
            }
            List<String> left = keys();
            if (steps == 3) { // killed while it wrote
                Files.writeString(folder.secrets().resolve("order.key.new"), "half a k");
            }

            try (KeyRotation again = begin()) {
                assertThat(again.isCurrent()).isEqualTo(steps > 1);
            }
            rotate();

            assertThat(keys()).as("after %s steps: one more key", steps).hasSize(before.size() + 1);
            assertThat(keys().subList(1, keys().size())).isEqualTo(before);
            assertThat(keys()).containsAll(left);
        }
    }

    @Test
    void neverMakesAKeyCurrentBeforeItWasAdded() throws IOException {
        try (KeyRotation rotation = begin()) {
            assertThatThrownBy(rotation::makeCurrent).isInstanceOf(IllegalStateException.class);
        }
        assertThat(keys()).containsExactly(old);
    }

    private void rotate() throws IOException {
        try (KeyRotation rotation = begin()) {
            if (!rotation.isCurrent()) {
                rotation.add();
                rotation.makeCurrent();
            }
            rotation.finish();
        }
    }

    private KeyRotation begin() throws IOException {
        return KeyRotation.of(folder, "order-service").orElseThrow();
    }

    private List<String> keys() throws IOException {
        return Files.readAllLines(ring);
    }
}
