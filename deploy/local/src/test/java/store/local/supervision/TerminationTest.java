package store.local.supervision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import store.local.supervision.Plan.Kind;

class TerminationTest {

    @Test
    void endsAProcessByASignalEvenIfItIsPaused() throws IOException {
        ProcessHandle sleep = new ProcessBuilder("sleep", "60").start().toHandle();
        Termination.signal("STOP", List.of(sleep));

        assertThat(Termination.end(sleep, Kind.SERVICE, Termination.PATIENCE)).isTrue();
        assertThat(sleep.isAlive()).isFalse();
    }

    @Test
    void killsAProcessThatIgnoresTheSignalTogetherWithItsChildren() throws IOException {
        ProcessHandle deaf = new ProcessBuilder("sh", "-c", "trap '' TERM; sleep 60; :")
                .start()
                .toHandle();
        await().until(() -> deaf.children().findAny().isPresent());
        ProcessHandle child = deaf.children().findAny().orElseThrow();

        assertThat(Termination.end(deaf, Kind.SERVICE, Duration.ofMillis(200))).isFalse();

        assertThat(deaf.isAlive()).isFalse();
        assertThat(child.isAlive()).isFalse();
    }
}
