package store.local.supervision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static store.local.supervision.StandInStore.eventually;
import static store.local.supervision.StandInStore.shell;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.local.topology.Ports;
import store.local.topology.PrepareInstance;

class SupervisorIT {

    @TempDir
    private static Path root = Path.of("");

    private static StandInStore store;

    @BeforeAll
    static void start() throws IOException {
        InstanceFolder folder =
                new InstanceFolder(PrepareInstance.instances(root).resolve("test"));
        store = new StandInStore(
                root,
                shell(folder, "broken", "exit 3"),
                shell(folder, "deaf", "trap '' TERM; sleep 60"),
                shell(folder, "busy", "sh -c 'while :; do :; done' & wait"));
        store.start("back");
        store.start("front");
    }

    @AfterAll
    static void end() {
        store.close();
    }

    @Test
    void restartsAKilledPartAfterTheDelay() throws IOException {
        ProcessHandle killed = store.process("back");
        int restarts = store.part("back").restarts();
        Instant before = Instant.now();
        killed.destroyForcibly();

        eventually(() ->
                store.part("back").state().equals("up") && store.part("back").restarts() == restarts + 1);

        assertThat(store.process("back").pid()).isNotEqualTo(killed.pid());
        assertThat(store.part("back").startedAt()).isBetween(before.plus(StandInStore.RESTART_DELAY), Instant.now());
    }

    @Test
    void holdsAStoppedPartDownUntilItIsStarted() throws IOException {
        ProcessHandle stopped = store.process("front");
        store.control.ask("front", "stop");
        eventually(() -> store.part("front").state().equals("down"));

        assertThat(stopped.isAlive()).isFalse();
        assertThat(store.part("front").note()).isEqualTo("stopped");

        store.start("front");
        assertThat(store.part("front").restarts()).isZero();
    }

    @Test
    void doesNotCountARestartOnRequest() throws IOException {
        ProcessHandle before = store.process("back");
        int restarts = store.part("back").restarts();
        store.control.ask("back", "restart");
        eventually(() -> store.part("back").state().equals("up")
                && !Objects.equals(store.part("back").pid(), before.pid()));

        assertThat(store.part("back").restarts()).isEqualTo(restarts);
    }

    @Test
    void backsOffFromAPartThatNeverBecomesReady() throws IOException {
        store.control.ask("broken", "start");
        eventually(() -> store.part("broken").restarts() >= 2);

        assertThat(store.part("broken").note()).contains("exit code 3 before it was ready");
        assertThat(Files.readString(store.folder.log(InstanceFolder.SUPERVISOR)))
                .contains("broken ended with exit code 3 before it was ready; starts again after 800 ms")
                .contains("broken ended with exit code 3 before it was ready; starts again after 1600 ms");
    }

    @Test
    void showsAPausedPartAndCanStopIt() throws IOException {
        Termination.signal("STOP", List.of(store.process("front")));
        eventually(() -> store.part("front").state().equals("paused"));

        store.control.ask("front", "stop");
        eventually(() -> store.part("front").state().equals("down"));
        store.start("front");
    }

    @Test
    void keepsAKilledPartDownForTheRequestedTime() throws IOException {
        ProcessHandle killed = store.process("back");
        Instant before = Instant.now();
        store.control.ask("back", "kill?2000");
        eventually(() -> !killed.isAlive());
        assertThat(store.part("back").fault()).isEqualTo("killed");

        eventually(() -> store.part("back").state().equals("up"));

        assertThat(store.part("back").startedAt()).isBetween(before.plusMillis(2000), before.plusMillis(4000));
        assertThat(store.part("back").fault()).isEmpty();
    }

    @Test
    void pausesAPartForTheRequestedTime() throws IOException {
        Instant before = Instant.now();
        store.control.ask("back", "pause?1500");
        eventually(() -> store.part("back").state().equals("paused"));

        eventually(() -> store.part("back").state().equals("up"));

        assertThat(Instant.now()).isAfter(before.plusMillis(1500));
        assertThat(store.part("back").fault()).isEmpty();
    }

    /** The child of the part uses all the processor time that it gets. */
    @Test
    void givesAThrottledPartItsShareOfTheTimeUntilTheFaultEnds() throws IOException, InterruptedException {
        long child = startBusy().pid();

        store.control.ask("busy", "throttle?1500&20");
        eventually(() -> store.part("busy").fault().equals("throttled"));
        assertThat(shareOf(child, 1000)).isBetween(0.05, 0.35);
        assertThat(store.part("busy").state()).isNotEqualTo("paused");

        eventually(() -> store.part("busy").fault().isEmpty());
        assertThat(ProcessIdentity.of(child).orElseThrow().paused()).isFalse();
        eventually(SupervisorIT::onlyPartsAreLeft);
        store.control.ask("busy", "stop");
        eventually(() -> store.part("busy").state().equals("down"));
    }

    /** A child would stay stopped for ever, and keep the resources that it shares with the part. */
    @Test
    void killsAPausedPartAndLeavesNoChildPaused() throws IOException {
        ProcessHandle child = startBusy();
        ProcessIdentity identity = ProcessIdentity.of(child.pid()).orElseThrow();
        store.control.ask("busy", "pause?60000");
        eventually(identity::paused);

        store.control.ask("busy", "kill?60000");
        eventually(() -> store.part("busy").state().equals("down"));
        assertThat(identity.paused()).isFalse();
        child.destroyForcibly();
        store.control.ask("busy", "stop");
        store.control.ask("busy", "relieve");
    }

    /** Starts the part whose child uses all the processor time that it gets, and returns the child. */
    private static ProcessHandle startBusy() throws IOException {
        store.control.ask("busy", "start");
        eventually(() -> store.part("busy").pid() != null
                && store.process("busy").children().findAny().isPresent());
        return store.process("busy").children().findAny().orElseThrow();
    }

    private static boolean onlyPartsAreLeft() throws IOException {
        var parts = store.control.parts().stream().map(PartReport::pid).toList();
        return store.supervisor().children().map(ProcessHandle::pid).allMatch(parts::contains);
    }

    @Test
    void aThrottledPartGoesOnWhenTheSupervisorIsKilled(@TempDir Path other) throws IOException {
        StandInStore killed = new StandInStore(other);
        killed.start("back");
        ProcessHandle orphan = killed.process("back");
        ProcessIdentity identity = ProcessIdentity.of(orphan.pid()).orElseThrow();
        try (killed) {
            killed.control.ask("back", "throttle?60000&1");
            eventually(identity::paused);
            killed.supervisor().destroyForcibly();

            await().during(Duration.ofMillis(300))
                    .atMost(StandInStore.BOUND)
                    .until(() -> identity.alive() && !identity.paused());
        } finally {
            orphan.destroyForcibly();
        }
    }

    @Test
    void aPauseReplacesAThrottleWhichDoesNotCutItShort() throws IOException, InterruptedException {
        store.control.ask("front", "throttle?60000&50");
        eventually(() -> store.part("front").fault().equals("throttled"));
        store.control.ask("front", "pause?60000");
        eventually(() -> store.part("front").state().equals("paused"));
        eventually(SupervisorIT::onlyPartsAreLeft);

        assertThat(shareOf(store.process("front").pid(), 300)).isZero();
        assertThat(store.part("front").state()).isEqualTo("paused");
        store.control.ask("front", "relieve");
        eventually(() -> store.part("front").state().equals("up"));
    }

    /** The share of one processor that the process uses in the given time. */
    private static double shareOf(long pid, long millis) throws InterruptedException {
        ProcessHandle.Info before = ProcessHandle.of(pid).orElseThrow().info();
        long from = System.nanoTime();
        Thread.sleep(millis);
        ProcessHandle.Info after = ProcessHandle.of(pid).orElseThrow().info();
        Duration used = after.totalCpuDuration()
                .orElseThrow()
                .minus(before.totalCpuDuration().orElseThrow());
        return (double) used.toNanos() / (System.nanoTime() - from);
    }

    @Test
    void refusesAFaultWithoutAValidLengthAndSaysWhy() throws IOException {
        long pid = store.process("back").pid();
        for (String act : List.of(
                "kill?garbage",
                "kill?-1",
                "pause",
                "pause?0",
                "pause?99999999999",
                "throttle?1000",
                "throttle?1000&100")) {
            assertThatThrownBy(() -> store.control.ask("back", act))
                    .as(act)
                    .hasMessageContaining("400")
                    .hasMessageContaining("is not 1 to ");
        }
        assertThat(store.process("back").pid()).isEqualTo(pid);
    }

    @Test
    void endsAFaultBeforeItsTimeOnRequest() throws IOException {
        ProcessHandle killed = store.process("back");
        store.control.ask("back", "pause?60000");
        eventually(() -> store.part("back").state().equals("paused"));
        store.control.ask("back", "relieve");
        eventually(() -> store.part("back").state().equals("up"));

        store.control.ask("back", "kill?60000");
        eventually(() -> !killed.isAlive());
        store.control.ask("back", "relieve");
        eventually(() -> store.part("back").state().equals("up"));
    }

    @Test
    void refusesASecondSupervisor() throws IOException, InterruptedException {
        Process second = store.startSupervisor();

        assertThat(second.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isEqualTo(1);
        assertThat(store.part("back").state()).isEqualTo("up");
    }

    @Test
    void refusesARequestWithoutTheToken() throws IOException {
        URI parts = URI.create("http://127.0.0.1:" + store.plan.controlPort() + "/parts");
        HttpURLConnection stranger = (HttpURLConnection) parts.toURL().openConnection();

        assertThat(stranger.getResponseCode()).isEqualTo(401);
    }

    @Test
    void keepsItsFilesFromOthers() throws IOException {
        try (var files = Files.list(store.folder.path())) {
            assertThat(files.filter(file -> file.toString().endsWith(".json")))
                    .hasSize(2)
                    .allSatisfy(file ->
                            assertThat(Files.getPosixFilePermissions(file)).hasSize(2));
        }
    }

    @Test
    void leavesNothingWhenItEnds(@TempDir Path other) throws IOException {
        StandInStore ended = new StandInStore(other);
        ended.start("back");
        ended.start("front");
        List<ProcessHandle> processes = List.of(ended.process("back"), ended.process("front"), ended.supervisor());

        ended.close();

        assertThat(processes).noneMatch(ProcessHandle::isAlive);
        assertThat(Ports.isFree(ended.plan.controlPort())).isTrue();
        for (String file : List.of("plan.json", "running.json", "lock")) {
            assertThat(ended.folder.path().resolve(file)).doesNotExist();
        }
    }
}
