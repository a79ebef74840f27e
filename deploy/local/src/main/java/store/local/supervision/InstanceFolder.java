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
 * The folder of one instance. Only its owner can read it, because it holds passwords and keys.
 *
 * <p>{@code plan.json} and {@code running.json} exist while the instance runs. After its supervisor was killed they say
 * which processes are left.
 */
public record InstanceFolder(Path path) {

    /** Writes and reads all JSON of this module. */
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

    /** Makes the folder unless it exists. */
    public void create() throws IOException {
        Files.createDirectories(path.getParent());
        if (!Files.isDirectory(path)) {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Files.createDirectories(path.resolve("logs"));
    }

    /** Deletes data and keys. If it is interrupted, it has deleted the data alone, or nothing. */
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

    /** The latest process of each part, and of the supervisor. */
    public Map<String, ProcessIdentity> running() throws IOException {
        return read(RUNNING, new TypeReference<Map<String, ProcessIdentity>>() {})
                .orElse(Map.of());
    }

    private <T> Optional<T> read(String name, TypeReference<T> type) throws IOException {
        Path file = path.resolve(name);
        return Files.exists(file) ? Optional.of(JSON.readValue(Files.readAllBytes(file), type)) : Optional.empty();
    }

    /** The supervisor, if it is alive. */
    public Optional<ProcessHandle> supervisor() throws IOException {
        return Optional.ofNullable(running().get(SUPERVISOR)).flatMap(ProcessIdentity::process);
    }

    void write(Map<String, ProcessIdentity> running) throws IOException {
        replace(RUNNING, running);
    }

    /** Deletes the plan and the list of processes. */
    public void clear() throws IOException {
        for (String name : List.of(RUNNING, PLAN)) {
            Files.deleteIfExists(path.resolve(name));
            Files.deleteIfExists(path.resolve(name + ".new"));
        }
    }

    /** Only the holder of the {@link Ownership} calls this, and from one thread at a time. */
    private void replace(String name, Object value) throws IOException {
        Path fresh = path.resolve(name + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(value));
        Files.move(fresh, path.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Takes the right to run this instance, which the system frees when its holder dies. Empty if another process has
     * it.
     */
    public Optional<Ownership> own() throws IOException {
        Path file = path.resolve("lock");
        while (true) {
            Object before = fileKey(file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                channel.close();
                return Optional.empty();
            }
            // The owner before may have deleted the file meanwhile, and a lock on a deleted file is worth nothing.
            // The file is not opened to find out: the system drops the lock when this process closes any descriptor.
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

    /** The right to run an instance; at most one process holds it. */
    public record Ownership(Path file, FileChannel channel) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (channel.isOpen()) { // otherwise the file may belong to another owner by now
                Files.deleteIfExists(file);
                channel.close();
            }
        }
    }
}
