package store.chaos.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.StartedStore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs the command against the services, with only the parts and the link whose faults reach most branches. */
@Timeout(360)
class KillTestIT {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path directory;

    @Test
    void everyPromiseHoldsWhilePartsAreKilledAndPaused() throws Exception {
        var store = StartedStore.up("services", 1_000, "--links");
        try {
            var report = killTest(
                    "--name",
                    "services-" + ProcessHandle.current().pid(),
                    "--orders",
                    "300",
                    "--rate",
                    "15",
                    "--only",
                    "order-service,payment-db,order-service:payment-service");

            // The time until an acknowledgement depends on the machine, which starts cold processes. The command is
            // stricter.
            assertThat(report.path("brokenBecause").valueStream())
                    .as("%s", report)
                    .allMatch(why -> why.asString().contains("acknowledged within"));
            assertThat(report.at("/acknowledged/later").asDouble())
                    .as("%s", report.path("acknowledged"))
                    .isLessThan(report.path("orders").asInt() / 2.0);
            assertThat(report.path("notShownBecause")).isEmpty();
            assertThat(report.path("audit").path("verdict").asString()).isEqualTo("held");
            assertThat(report.path("needsAttention").asInt()).isZero();
            assertThat(report.path("orders").asInt()).isGreaterThanOrEqualTo(300);
            assertThat(report.path("schedule").valueStream())
                    .hasSizeGreaterThanOrEqualTo(5)
                    .allSatisfy(
                            fault -> assertThat(fault.path("fired").asBoolean()).isTrue());
            assertThat(report.path("audit")
                            .path("invariants")
                            .path("I9")
                            .path("held")
                            .asBoolean())
                    .isTrue();
            assertThatItFitsItsSchema(report);
        } finally {
            store.down();
        }
    }

    private JsonNode killTest(String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("chaos/kill-test", "--json", "--out", directory.toString()));
        command.addAll(List.of(options));
        var process = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var report = JSON.readTree(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return report;
    }

    private static void assertThatItFitsItsSchema(JsonNode report) throws IOException {
        var schema = JSON.readTree(Files.readString(ROOT.resolve("chaos/schema/kill-test.schema.json")));
        assertThat(report.propertyNames())
                .containsExactlyInAnyOrderElementsOf(schema.path("properties").propertyNames());
        assertThat(report.path("schedule").valueStream())
                .allSatisfy(fault -> assertThat(fault.propertyNames())
                        .containsExactlyInAnyOrderElementsOf(schema.path("$defs")
                                .path("fault")
                                .path("properties")
                                .propertyNames()));
    }
}
