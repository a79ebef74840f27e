package store.chaos.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.journal.Journal.Entry;
import tools.jackson.databind.json.JsonMapper;

class JournalTest {

    private static final Entry PLACED = new Entry(
            Instant.parse("2026-11-21T07:00:00.123456Z"),
            "key-1",
            "customer-1",
            "place",
            2,
            202,
            "{\"a\":\"é\n\"}",
            12.5);
    private static final Entry UNANSWERED = new Entry(Instant.EPOCH, null, null, "browse", 1, 0, null, 10_000);

    @TempDir
    private Path directory;

    @Test
    void readsBackTheAddedEntries() throws Exception {
        assertThat(read(written(PLACED, UNANSWERED))).containsExactly(PLACED, UNANSWERED);
    }

    @Test
    void keepsEachLineBeforeItIsClosed() throws Exception {
        var file = directory.resolve("journal.jsonl");
        try (var journal = Journal.create(file)) {
            journal.add(PLACED);
            assertThat(read(file)).containsExactly(PLACED);
        }
    }

    @Test
    void writesWholeLinesFromManyThreads() throws Exception {
        var file = directory.resolve("journal.jsonl");
        try (var journal = Journal.create(file)) {
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                IntStream.range(0, 5000).forEach(_ -> clients.submit(() -> journal.add(PLACED)));
            }
        }
        assertThat(read(file)).hasSize(5000).allMatch(PLACED::equals);
    }

    @Test
    void leavesOutALastLineThatIsCutShort() throws Exception {
        var file = written(PLACED);
        Files.writeString(file, "{\"at\":\"2026-11-21T07:0", StandardOpenOption.APPEND);
        assertThat(read(file)).containsExactly(PLACED);
    }

    @Test
    void refusesAFileThatIsDamagedInTheMiddle() throws Exception {
        var file = written(PLACED);
        Files.writeString(file, "{\"at\":\n{}\n", StandardOpenOption.APPEND);
        assertThatThrownBy(() -> read(file)).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void hasTheFieldsOfItsSchema() throws Exception {
        var schema = JsonMapper.shared().readTree(Path.of("schema/journal.schema.json"));
        var line = JsonMapper.shared().readTree(Files.readString(written(UNANSWERED)));
        assertThat(line.propertyNames())
                .containsExactlyElementsOf(schema.path("properties").propertyNames());
        assertThat(schema.path("required").valueStream().map(field -> field.asString()))
                .containsExactlyElementsOf(line.propertyNames());
    }

    private Path written(Entry... entries) throws Exception {
        var file = directory.resolve("journal.jsonl");
        try (var journal = Journal.create(file)) {
            List.of(entries).forEach(journal::add);
        }
        return file;
    }

    private static List<Entry> read(Path file) throws Exception {
        try (var entries = Journal.read(file)) {
            return entries.toList();
        }
    }
}
