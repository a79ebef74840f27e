package store.acquirer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

    @TempDir
    Path folder;

    Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("journal");
    }

    @Test
    void returnsLinesInTheOrderOfAppending() throws IOException {
        List<Long> positions = new ArrayList<>();
        try (Journal journal = opened(new ArrayList<>())) {
            for (String line : List.of("one", "two", "three")) {
                positions.add(journal.append(line));
            }
            journal.awaitDurable(journal.end());
        }

        List<String> replayed = new ArrayList<>();
        try (Journal journal = opened(replayed)) {
            assertThat(replayed).containsExactly("one", "two", "three");
            assertThat(positions.stream().map(journal::read)).containsExactly("one", "two", "three");
            assertThat(journal.read(positions.getLast() + 1))
                    .as("no line starts there")
                    .isNull();
            assertThat(journal.read(journal.end())).isNull();
        }
    }

    @Test
    void returnsManyLinesOfManyLengths() throws IOException {
        List<String> lines = new ArrayList<>();
        try (Journal journal = opened(new ArrayList<>())) {
            for (int i = 0; i < 2000; i++) {
                lines.add("line " + i + " " + "x".repeat(i % 400));
                journal.append(lines.getLast());
            }
        }

        List<String> replayed = new ArrayList<>();
        opened(replayed).close();

        assertThat(replayed).isEqualTo(lines);
    }

    @Test
    void cutsOffALastLineWhereverItWasTorn() throws IOException {
        long intact;
        try (Journal journal = opened(new ArrayList<>())) {
            journal.append("one");
            intact = journal.append("two");
        }
        byte[] whole = Files.readAllBytes(file);

        for (int length = (int) intact; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            List<String> replayed = new ArrayList<>();
            try (Journal journal = opened(replayed)) {
                assertThat(replayed).containsExactly("one");
                assertThat(journal.append("three")).isEqualTo(intact);
            }
            replayed.clear();
            opened(replayed).close();
            assertThat(replayed).containsExactly("one", "three");
        }
    }

    @Test
    void cutsOffWhatAPowerFailureLeftOfTheLastWrites() throws IOException {
        long end;
        try (Journal journal = opened(new ArrayList<>())) {
            journal.append("one");
            end = journal.end();
        }
        byte[] withHoles = Arrays.copyOf(Files.readAllBytes(file), (int) end + 200_000);
        withHoles[(int) end + 100_000] = '\n';
        Files.write(file, withHoles);

        List<String> replayed = new ArrayList<>();
        opened(replayed).close();

        assertThat(replayed).containsExactly("one");
        assertThat(file).hasSize(end);
    }

    @Test
    void startsOverAfterAnInterruptedCreation() throws IOException {
        Files.writeString(file, "acquirer-jo");

        try (Journal journal = opened(new ArrayList<>())) {
            assertThat(journal.read(journal.append("one"))).isEqualTo("one");
        }
    }

    @Test
    void refusesDamageBeforeAnIntactLine() throws IOException {
        long two;
        try (Journal journal = opened(new ArrayList<>())) {
            journal.append("one");
            two = journal.append("two");
            journal.append("three");
        }
        byte[] damaged = Files.readAllBytes(file);
        damaged[(int) two + 10] ^= 1;
        Files.write(file, damaged);

        assertThatThrownBy(() -> opened(new ArrayList<>()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
        assertThat(file).hasBinaryContent(damaged);
    }

    @Test
    void refusesAFileThatIsNotAJournal() throws IOException {
        Files.writeString(file, "something else altogether");

        assertThatThrownBy(() -> opened(new ArrayList<>()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a journal");
        assertThat(file).hasContent("something else altogether");
    }

    @Test
    void refusesAFolderThatIsInUse() throws IOException {
        try (Journal _ = opened(new ArrayList<>())) {
            assertThatThrownBy(() -> opened(new ArrayList<>()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
        }
        opened(new ArrayList<>()).close();
    }

    @Test
    void sharesOneSyncAmongAllWaitingCallers() throws Exception {
        var syncs = new AtomicInteger();
        var diskIsBusy = new CountDownLatch(1);
        try (Journal journal = Journal.open(folder, channel -> {
            if (syncs.incrementAndGet() > 1) {
                uninterrupted(diskIsBusy);
            }
            channel.force(false);
        })) {
            journal.replay((_, _) -> {}); // the first sync
            var durable = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    journal.append("line");
                    journal.awaitDurable(journal.end());
                    durable.incrementAndGet();
                }));
            }
            await().until(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
            assertThat(durable).as("no caller continues before the sync").hasValue(0);

            diskIsBusy.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(durable).hasValue(50);
            assertThat(syncs.get() - 1)
                    .as("one in progress, one for all callers that came during it")
                    .isLessThanOrEqualTo(2);
        }
    }

    @Test
    void refusesEveryCallAfterAFailedSyncUntilReopened() throws IOException {
        var diskIsBroken = new boolean[1];
        Journal journal = Journal.open(folder, channel -> {
            if (diskIsBroken[0]) {
                throw new IOException("no space left on device");
            }
            channel.force(false);
        });
        journal.replay((_, _) -> {});
        journal.append("one");
        journal.awaitDurable(journal.end());
        diskIsBroken[0] = true;
        journal.append("two");

        assertThatThrownBy(() -> journal.awaitDurable(journal.end())).isInstanceOf(UncheckedIOException.class);
        diskIsBroken[0] = false;
        assertThatThrownBy(() -> journal.awaitDurable(0)).isInstanceOf(UncheckedIOException.class);
        assertThatThrownBy(() -> journal.append("three")).isInstanceOf(UncheckedIOException.class);

        journal.close();
        List<String> replayed = new ArrayList<>();
        opened(replayed).close();
        assertThat(replayed).startsWith("one");
    }

    @Test
    void checksumsEveryLine() throws IOException {
        try (Journal journal = opened(new ArrayList<>())) {
            journal.append("123456789");
        }
        // The check value of CRC-32C in its catalogue of parametrised algorithms.
        assertThat(Files.readString(file, ISO_8859_1)).endsWith("\ne3069283 123456789\n");
    }

    private Journal opened(List<String> replayed) throws IOException {
        Journal journal = Journal.open(folder, Journal.Disk.FDATASYNC);
        try {
            journal.replay((_, line) -> replayed.add(line));
            return journal;
        } catch (IOException e) {
            journal.close();
            throw e;
        }
    }

    private static void uninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
