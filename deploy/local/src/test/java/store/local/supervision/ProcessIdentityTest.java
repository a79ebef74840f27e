package store.local.supervision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProcessIdentityTest {

    @Test
    void staysTheSame() {
        long self = ProcessHandle.current().pid();
        assertThat(ProcessIdentity.of(self)).isPresent().isEqualTo(ProcessIdentity.of(self));
    }

    @Test
    void differsFromAnotherProcessWithTheSameNumber() {
        ProcessIdentity earlier = new ProcessIdentity(ProcessHandle.current().pid(), "another boot/17");
        assertThat(earlier.alive()).isFalse();
        assertThat(earlier.process()).isEmpty();
    }

    @Test
    void showsWhetherItsProcessIsPausedOrHasEnded() throws IOException, InterruptedException {
        Process sleep = new ProcessBuilder("sleep", "60").start();
        ProcessIdentity identity = ProcessIdentity.of(sleep.pid()).orElseThrow();
        assertThat(identity.paused()).isFalse();

        Termination.signal("STOP", List.of(sleep.toHandle()));
        await().until(identity::paused);

        sleep.destroyForcibly().waitFor();
        assertThat(identity.alive()).isFalse();
        assertThat(ProcessIdentity.of(sleep.pid())).isEqualTo(Optional.empty());
    }
}
