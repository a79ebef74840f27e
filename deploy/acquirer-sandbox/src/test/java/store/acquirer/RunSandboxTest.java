package store.acquirer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParameterException;

class RunSandboxTest {

    @Test
    void needsOnlyTheDataFolder() {
        assertThat(settings("--data", "here")).isEqualTo(AcquirerSettings.defaults(Path.of("here")));
    }

    @Test
    void readsEverySetting() {
        String[] arguments =
                "--data here --port 9000 --bind ::1 --void-window 15m --key-ttl 2d --chargeback-after 500ms".split(" ");

        assertThat(settings(arguments))
                .isEqualTo(new AcquirerSettings(
                        Path.of("here"),
                        InetAddress.ofLiteral("::1"),
                        9000,
                        Duration.ofMinutes(15),
                        Duration.ofDays(2),
                        Duration.ofMillis(500)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--port 9000",
                "--data",
                "--data here --port",
                "--data here --port many",
                "--data here --port 65536",
                "--data here --bind somewhere.example",
                "--data here --key-ttl 24",
                "--data here --key-ttl -1h",
                "--data here --key-ttl 1.5h",
                "--data here --key-ttl 1w",
                "--data here --colour red",
                "here"
            })
    void explainsAWrongCommandLineInOneLine(String line) {
        assertThatThrownBy(() -> settings(line.split(" ")))
                .isInstanceOf(ParameterException.class)
                .message()
                .hasSizeBetween(10, 80)
                .doesNotContain("\n");
    }

    private static AcquirerSettings settings(String... arguments) {
        var command = new RunSandbox();
        RunSandbox.line(command).parseArgs(arguments);
        return command.settings();
    }
}
