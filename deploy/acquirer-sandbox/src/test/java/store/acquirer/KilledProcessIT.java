package store.acquirer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the packaged jar, and kills it during captures. */
class KilledProcessIT {

    private static final int CLIENTS = 16;
    private static final int KILLS = 5;
    private static final int ANSWERS_BEFORE_A_KILL = 300;

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void stopAll() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void losesNoAnsweredCaptureAndBooksEachOnce() throws Exception {
        Set<String> asked = ConcurrentHashMap.newKeySet();
        Set<String> answered = ConcurrentHashMap.newKeySet();
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = run();
            captureUntilKilled(process, readyPort(process), asked, answered);
        }

        Process process = run();
        try (var client = new Client(readyPort(process))) {
            List<String> booked = client.keysOfTheStatement();
            assertThat(booked).doesNotHaveDuplicates().containsAll(answered);
            assertThat(asked).containsAll(booked);
            assertThat(asked).as("some captures were in progress at a kill").hasSizeGreaterThan(answered.size());

            for (String key : asked) {
                assertThat(capture(client, key)).isEqualTo(200);
            }
            assertThat(client.keysOfTheStatement())
                    .as("a client without an answer asks again")
                    .containsExactlyInAnyOrderElementsOf(asked);
        }
    }

    @Test
    void stopsAtOnceOnSigterm() throws Exception {
        Process process = run();
        readyPort(process);

        process.destroy();

        assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(folder.resolve("errors"))).isEmpty();
    }

    @Test
    void saysInOneLineWhyItDoesNotStart() throws Exception {
        readyPort(run());
        Process second = run();
        assertThat(second.waitFor()).isEqualTo(1);
        assertThat(Files.readAllLines(folder.resolve("errors")))
                .singleElement()
                .asString()
                .contains("in use");

        Process wrong = run("--colour", "red");
        assertThat(wrong.waitFor()).isEqualTo(2);
    }

    private void captureUntilKilled(Process process, int port, Set<String> asked, Set<String> answered)
            throws InterruptedException {
        Set<Integer> statuses = ConcurrentHashMap.newKeySet();
        var enough = new CountDownLatch(ANSWERS_BEFORE_A_KILL);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try (var client = new Client(port)) {
                    while (true) {
                        String key = UUID.randomUUID().toString();
                        asked.add(key);
                        statuses.add(capture(client, key));
                        answered.add(key);
                        enough.countDown();
                    }
                } catch (IOException _) {
                    // The sandbox was killed; this capture may or may not have happened.
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        boolean underLoad = enough.await(30, TimeUnit.SECONDS);
        process.destroyForcibly().waitFor();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(underLoad).isTrue();
        assertThat(statuses).containsOnly(200);
    }

    /** The key is also the order id. */
    private static int capture(Client client, String key) throws IOException, InterruptedException {
        return client.send("PUT", "/captures/" + key, Client.capture(UUID.fromString(key), "tok_visa"))
                .statusCode();
    }

    private Process run(String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-jar",
                "target/acquirer-sandbox.jar",
                "--data",
                folder.resolve("data").toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve("errors").toFile())
                .start();
        started.add(process);
        return process;
    }

    private static int readyPort(Process process) throws IOException {
        BufferedReader output = process.inputReader();
        String line = output.readLine();
        assertThat(line).startsWith("acquirer-sandbox is ready on http://127.0.0.1:");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }
}
