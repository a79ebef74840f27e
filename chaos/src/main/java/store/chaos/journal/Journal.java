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
 * A file with one line of JSON for each attempt, in the order of the answers. Each line is handed to the operating system at once, so a
 * killed writer loses only the attempts under way. {@code chaos/schema/journal.schema.json} describes a line.
 */
public final class Journal implements Closeable {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    /**
     * One attempt.
     *
     * @param at when it was sent
     * @param key its idempotency key; null for a call without one
     * @param customer the customer's id; null for a call without a customer
     * @param call {@code place}, {@code order}, {@code cancel}, {@code browse} or {@code guest}
     * @param attempt 1 for the first with this key, or the first look at this order
     * @param status of the answer; 0 if no complete answer came
     * @param body of the answer, byte for byte; null if none came, or if the auditor does not need it
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

    /** Starts an empty journal, and overwrites the file. */
    public static Journal create(Path file) throws IOException {
        return new Journal(new FileOutputStream(file.toFile()));
    }

    /**
     * Any thread may call it.
     *
     * @throws UncheckedIOException if the entry cannot be written: a journal with gaps proves nothing
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
     * The entries, read lazily; the caller closes the stream. A last line that was cut short, as by a full disk, is left out.
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
