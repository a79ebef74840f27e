package store.chaos.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * One line of JSON for each attempt, in the order of the answers. Each line is handed to the operating system as it is added, so that a
 * killed writer loses nothing but the attempts that were under way. {@code chaos/schema/journal.schema.json} describes a line.
 */
public final class Journal implements Closeable {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    /**
     * One attempt.
     *
     * @param at when it was sent
     * @param key its idempotency key; null for a call that has none
     * @param customer the customer's id; null where nobody is named
     * @param call {@code place}, {@code order}, {@code cancel}, {@code browse} or {@code guest}
     * @param attempt 1 for the first with this key, or the first look at this order
     * @param status the answer's; 0 if there was none, or not all of it
     * @param body the answer's, as it came; null if there was none, or it is of no account
     * @param millis from sending to the answer's last byte, or to giving up
     */
    public record Entry(
            Instant at,
            @Nullable String key,
            @Nullable String customer,
            String call,
            int attempt,
            int status,
            @Nullable String body,
            double millis) {}

    private final OutputStream file;
    private final ReentrantLock lock = new ReentrantLock();

    private Journal(OutputStream file) {
        this.file = file;
    }

    /** Begins an empty one, in place of what the file had. */
    public static Journal create(Path file) throws IOException {
        return new Journal(new FileOutputStream(file.toFile()));
    }

    /**
     * From any thread.
     *
     * @throws UncheckedIOException if it cannot be written: evidence with gaps is none
     */
    public void add(Entry entry) {
        var line = (JSON.writeValueAsString(entry) + '\n').getBytes(UTF_8);
        lock.lock();
        try {
            file.write(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            file.close();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The entries, read as they are asked for; close it. A last line that is cut short, as by a full disk or a lost machine, is left out.
     *
     * @throws UncheckedIOException from the stream, if any other line cannot be read
     */
    public static Stream<Entry> read(Path file) throws IOException {
        var unread = new AtomicReference<@Nullable JacksonException>();
        return Files.lines(file).sequential().mapMulti((line, entries) -> {
            var before = unread.get();
            if (before != null) {
                throw new UncheckedIOException(new IOException(file + " is damaged", before));
            }
            try {
                entries.accept(JSON.readValue(line, Entry.class));
            } catch (JacksonException e) {
                unread.set(e);
            }
        });
    }
}
