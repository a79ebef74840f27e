package store.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static store.local.supervision.StandInStore.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.local.supervision.InstanceFolder;
import store.local.supervision.StandInStore;
import tools.jackson.databind.JsonNode;

/** The commands, each in a process of its own, on a store of stand-ins. */
class CommandIT {

    @TempDir
    private static Path root = Path.of("");

    /** The store of all tests but those that stop a store, which have their own. */
    private static StandInStore store;

    @BeforeAll
    static void start() throws IOException {
        store = started(root);
    }

    @AfterAll
    static void end() {
        store.close();
    }

    private static StandInStore started(Path root) throws IOException {
        StandInStore store = new StandInStore(root);
        store.start("back");
        store.start("front");
        return store;
    }

    @Test
    void statusPrintsOnlyJsonWithTheFieldsThatOtherToolsRead() throws IOException, InterruptedException {
        Answer answer = run(root, "status", "--json");

        assertThat(answer.exitCode()).isZero();
        JsonNode status = InstanceFolder.JSON.readTree(answer.output());
        assertThat(status.propertyNames()).containsExactly("name", "build", "gateway", "parts");
        assertThat(status.path("parts")).hasSize(2).allSatisfy(part -> {
            assertThat(part.propertyNames())
                    .containsExactly(
                            "name", "kind", "pid", "state", "url", "managementUrl", "jdbcUrl", "user", "password");
            assertThat(part.path("kind").stringValue()).isEqualTo("service");
            assertThat(part.path("state").stringValue()).isEqualTo("up");
        });
        assertThat(status.path("parts").path(0).path("pid").longValue())
                .isEqualTo(store.process("back").pid());
    }

    @Test
    void restartWaitsUntilThePartIsReadyAgain() throws IOException, InterruptedException {
        long before = store.process("front").pid();

        assertThat(run(root, "restart", "front").exitCode()).isZero();

        assertThat(store.part("front").state()).isEqualTo("up");
        assertThat(store.process("front").pid()).isNotEqualTo(before);
    }

    @Test
    void anUnknownPartIsAUsageError() throws IOException, InterruptedException {
        assertThat(run(root, "restart", "nothing").exitCode()).isEqualTo(2);
        assertThat(run(root, "logs", "nothing").exitCode()).isEqualTo(2);
    }

    @Test
    void onlyAServiceWithKeysGetsANewKey() throws IOException, InterruptedException {
        assertThat(run(root, "rotate-keys", "gateway").exitCode()).isEqualTo(2);
        Answer noSuchPart = run(root, "rotate-keys", "order-service");
        assertThat(noSuchPart.exitCode()).isEqualTo(2);
        assertThat(store.folder.secrets()).as("no rotation was begun").doesNotExist();
    }

    @Test
    void anOperatorNamesTheOrderAndTheReason() throws IOException, InterruptedException {
        String id = "01a1fd59-2137-718d-aecf-826ebb22f15a";
        for (List<String> wrong : List.of(
                List.of("show"),
                List.of("show", "nonsense"),
                List.of("reconcile", id),
                List.of("list", "--all"),
                List.of("resolve", id, "--as", "confirmed"),
                List.of("resolve", id, "--as", "sold", "--why", "because"))) {
            List<String> command = new ArrayList<>(List.of("operator"));
            command.addAll(wrong);
            assertThat(run(root, command.toArray(String[]::new)).exitCode())
                    .as(wrong.toString())
                    .isEqualTo(2);
        }
    }

    @Test
    void logsShowTheLastLines() throws IOException, InterruptedException {
        Answer answer = run(root, "logs", "back", "-n", "1");

        assertThat(answer).isEqualTo(new Answer(0, "stand-in listens\n", ""));
    }

    @Test
    void downStopsEverythingAndCanBeRepeated(@TempDir Path own) throws IOException, InterruptedException {
        StandInStore ended = started(own);
        List<ProcessHandle> processes = List.of(ended.process("back"), ended.process("front"), ended.supervisor());

        assertThat(run(own, "down").exitCode()).isZero();

        assertThat(processes).noneMatch(ProcessHandle::isAlive);
        assertThat(run(own, "down")).isEqualTo(new Answer(0, "'test' is not running\n", ""));
        assertThat(run(own, "status").exitCode()).isEqualTo(1);
    }

    @Test
    void downStopsThePartsOfAKilledSupervisor(@TempDir Path own) throws IOException, InterruptedException {
        StandInStore ended = started(own);
        List<ProcessHandle> orphans = List.of(ended.process("back"), ended.process("front"));
        ended.supervisor().destroyForcibly();
        eventually(() -> !ended.supervisor().isAlive());

        Answer status = run(own, "status");
        assertThat(status.exitCode()).isEqualTo(1);
        assertThat(status.error()).contains("the supervisor has gone");
        assertThat(orphans).allMatch(ProcessHandle::isAlive);

        assertThat(run(own, "down").exitCode()).isZero();
        assertThat(orphans).noneMatch(ProcessHandle::isAlive);
        assertThat(ended.folder.plan()).isEmpty();
    }

    @Test
    void downStopsNoProcessThatOnlyHasTheNumberOfAPart(@TempDir Path own) throws IOException, InterruptedException {
        StandInStore ended = started(own);
        ended.supervisor().destroyForcibly();
        eventually(() -> !ended.supervisor().isAlive());
        Path running = ended.folder.path().resolve("running.json");
        List<ProcessHandle> strangers = ended.folder.running().values().stream()
                .flatMap(identity -> identity.process().stream())
                .toList();
        Files.writeString(
                running, Files.readString(running).replaceAll("\"started\" : \"[^\"]*\"", "\"started\" : \"?/1\""));

        assertThat(run(own, "down").exitCode()).isZero();

        assertThat(strangers).hasSize(2).allMatch(ProcessHandle::isAlive);
        strangers.forEach(ProcessHandle::destroyForcibly);
    }

    private record Answer(int exitCode, String output, String error) {}

    private static Answer run(Path root, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dstore.root=" + root,
                "-cp",
                System.getProperty("java.class.path"),
                LocalStore.class.getName()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--name", "test"));
        Path output = root.resolve("output");
        Path error = root.resolve("error");
        Process process = new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(error.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Answer(process.exitValue(), Files.readString(output), Files.readString(error));
    }
}
