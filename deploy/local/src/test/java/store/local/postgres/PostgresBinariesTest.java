package store.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PostgresBinariesTest {

    @Test
    void namesTheArchiveOfEachPlatform() {
        assertThat(PostgresBinaries.archive("Linux", "amd64")).isEqualTo("postgres-linux-x86_64.txz");
        assertThat(PostgresBinaries.archive("Linux", "aarch64")).isEqualTo("postgres-linux-arm_64.txz");
        assertThat(PostgresBinaries.archive("Mac OS X", "x86_64")).isEqualTo("postgres-darwin-x86_64.txz");
        assertThat(PostgresBinaries.archive("Mac OS X", "aarch64")).isEqualTo("postgres-darwin-arm_64.txz");
    }
}
