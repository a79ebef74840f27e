package store.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

class HelperImageTest {

    /** If a new Testcontainers version uses another helper image, looking for the old one is useless. */
    @Test
    void isTheOneThatTestcontainersStarts() throws IOException {
        var loader = PostgreSQLContainer.class.getClassLoader();
        try (var container = loader.getResourceAsStream("org/testcontainers/utility/RyukContainer.class")) {
            assertThat(container).isNotNull();
            assertThat(new String(container.readAllBytes(), StandardCharsets.ISO_8859_1))
                    .contains(PostgresServer.HELPER_IMAGE);
        }
    }
}
