package store.chaos.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.journal.Journal;

class AcknowledgementsTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void countsWhenAnAnswerFirstNamedTheOrder(@TempDir Path directory) throws Exception {
        var file = directory.resolve("journal.jsonl");
        try (var journal = Journal.create(file)) {
            place(journal, "at-once", 0, 1, 201, "{}");
            place(journal, "at-once", 1, 2, 201, "{}");
            place(journal, "declined", 0, 1, 402, "{}");
            place(journal, "repeated", 0, 1, 0, null);
            place(journal, "repeated", 3, 2, 409, problem("key-in-flight"));
            place(journal, "repeated", 9, 3, 202, "{}");
            place(journal, "late", 0, 1, 504, problem("outcome-unknown"));
            place(journal, "late", 61, 2, 201, "{}");
            place(journal, "never", 0, 1, 503, problem("not-accepted"));
            journal.add(new Journal.Entry(START, null, "c", "guest", 1, 201, null, 1));
        }

        assertThat(Acknowledgements.in(file)).isEqualTo(new Acknowledgements(5, 2, 1, 2, 61.1));
        assertThat(Acknowledgements.in(file).share()).isEqualTo(3 / 5.0);
    }

    private static void place(
            Journal journal, String key, int atSecond, int attempt, int status, @Nullable String body) {
        journal.add(new Journal.Entry(START.plusSeconds(atSecond), key, "c", "place", attempt, status, body, 100));
    }

    private static String problem(String name) {
        return "{\"type\":\"https://checkout-store.example/problems/" + name + "\"}";
    }
}
