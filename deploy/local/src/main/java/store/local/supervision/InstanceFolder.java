package store.local.supervision;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.io.FileUtils;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one instance keeps on disk. Readable by its owner alone: it holds passwords and keys.
 *
 * <p>{@code plan.json} and {@code running.json} exist while the instance runs; found without a living supervisor, they say which
 * processes it left behind.
 */
public record InstanceFolder(Path path) {

    /** How this module writes and reads JSON. */
    public static final JsonMapper JSON = JsonMapper.builder().build();

    /** The supervisor's name among the running processes and the logs. */
    public static final String SUPERVISOR = "supervisor";

    private static final String PLAN = "plan.json";
    private static final String RUNNING = "running.json";

    public String name() {
        return path.getFileName().toString();
    }

    public Path data() {
        return path.resolve("data");
    }

    public Path secrets() {
        return path.resolve("secrets");
    }

    public Path log(String part) {
        return path.resolve("logs").resolve(part + ".log");
    }

    /** Makes the folder if it is not there. */
    public void create() throws IOException {
        Files.createDirectories(path.getParent());
        if (!Files.isDirectory(path)) {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Files.createDirectories(path.resolve("logs"));
    }

    /** Forgets data and keys. If it is interrupted, it has forgotten the data alone, or nothing. */
    public void forget() throws IOException {
        Path forgotten = path.resolve("forgotten");
        FileUtils.deleteDirectory(forgotten.toFile());
        for (Path folder : List.of(data(), secrets())) {
            if (Files.exists(folder)) {
                Files.move(folder, forgotten);
                FileUtils.deleteDirectory(forgotten.toFile());
            }
        }
    }

    public Optional<Plan> plan() throws IOException {
        return read(PLAN, new TypeReference<Plan>() {});
    }

    public void write(Plan plan) throws IOException {
        replace(PLAN, plan);
    }

    /** The processes that were started last, by part; the supervisor is among them. */
    public Map<String, ProcessIdentity> running() throws IOException {
        return read(RUNNING, new TypeReference<Map<String, ProcessIdentity>>() {})
                .orElse(Map.of());
    }

    private <T> Optional<T> read(String name, TypeReference<T> type) throws IOException {
        Path file = path.resolve(name);
        return Files.exists(file) ? Optional.of(JSON.readValue(Files.readAllBytes(file), type)) : Optional.empty();
    }

    /** The supervisor, if it lives. */
    public Optional<ProcessHandle> supervisor() throws IOException {
        return Optional.ofNullable(running().get(SUPERVISOR)).flatMap(ProcessIdentity::process);
    }

    void write(Map<String, ProcessIdentity> running) throws IOException {
        replace(RUNNING, running);
    }

    /** Forgets that the instance ran. */
    public void clear() throws IOException {
        for (String name : List.of(RUNNING, PLAN)) {
            Files.deleteIfExists(path.resolve(name));
            Files.deleteIfExists(path.resolve(name + ".new"));
        }
    }

    /** Only the holder of the {@link Ownership} writes, and one thread at a time. */
    private void replace(String name, Object value) throws IOException {
        Path fresh = path.resolve(name + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(value));
        Files.move(fresh, path.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The right to run this instance; given back by the system when its holder dies. Empty if another process has it. */
    public Optional<Ownership> own() throws IOException {
        Path file = path.resolve("lock");
        while (true) {
            Object before = fileKey(file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                channel.close();
                return Optional.empty();
            }
            // The last owner deletes the file, and a lock on a deleted file is worth nothing. Only its key may be
            // looked at: the
            // system drops the lock as soon as this process closes any other descriptor of the file.
            if (before != null && before.equals(fileKey(file))) {
                return Optional.of(new Ownership(file, channel));
            }
            channel.close();
        }
    }

    private static @Nullable Object fileKey(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException deleted) {
            return null;
        }
    }

    /** Held by at most one process. */
    public record Ownership(Path file, FileChannel channel) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (channel.isOpen()) { // the file may be another owner's by now
                Files.deleteIfExists(file);
                channel.close();
            }
        }
    }
}
