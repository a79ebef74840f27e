package store.local.topology;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import store.local.supervision.InstanceFolder;

/**
 * Replaces one service's current key in two steps. First every process of the service learns the new key, to verify and
 * open with it. When all of them have it, the new key becomes the current one. Keys are never removed.
 *
 * <p>The progress is on disk: until the rotation has ended, the new key is in a file of its own; and it is in the
 * service's file after the first step. So the next rotation continues one that was interrupted, wherever that was.
 */
public final class KeyRotation implements AutoCloseable {

    private static final Map<String, String> FILES =
            Map.of("order-service", Secrets.ORDER_KEYS, "payment-service", Secrets.PAYMENT_KEYS);

    private final Secrets secrets;
    private final String ring;
    private final String next;
    private final FileChannel lock;
    private final String key;

    private KeyRotation(Secrets secrets, String ring, FileChannel lock) throws IOException {
        this.secrets = secrets;
        this.ring = ring;
        this.next = ring + ".next";
        this.lock = lock;
        if (!Files.exists(secrets.file(next))) {
            secrets.replace(next, Secrets.key() + "\n");
        }
        this.key = Files.readString(secrets.file(next)).strip();
    }

    /**
     * Begins a rotation, or continues one that was interrupted.
     *
     * @param service {@code order-service} or {@code payment-service}
     * @return empty if another process is rotating these keys
     */
    public static Optional<KeyRotation> of(InstanceFolder folder, String service) throws IOException {
        Secrets secrets = new Secrets(folder.secrets());
        String ring = Optional.ofNullable(FILES.get(service)).orElseThrow();
        Path file = secrets.file(ring + ".lock");
        try {
            Files.createFile(file, Secrets.OWNER_ONLY);
        } catch (FileAlreadyExistsException fromBefore) {
            // the file is never deleted; the lock on it counts
        }
        FileChannel lock = FileChannel.open(file, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            return Optional.empty();
        }
        return Optional.of(new KeyRotation(secrets, ring, lock));
    }

    /**
     * Whether the second step has begun: every process has the new key, and a process that starts now seals with it.
     */
    public boolean isCurrent() throws IOException {
        return keys().getFirst().equals(key);
    }

    /** Adds the new key as the last one. Before the next step every process must read the file again. */
    public void add() throws IOException {
        List<String> keys = keys();
        if (!keys.contains(key)) {
            keys.addLast(key);
            write(keys);
        }
    }

    /** Puts the new key first. After it every process must read the file again. */
    public void makeCurrent() throws IOException {
        List<String> keys = keys();
        if (!keys.remove(key)) {
            throw new IllegalStateException("the new key has not been added to " + secrets.file(ring));
        }
        keys.addFirst(key);
        write(keys);
    }

    /** Ends the rotation; the next one makes another key. */
    public void finish() throws IOException {
        Files.deleteIfExists(secrets.file(next));
    }

    private List<String> keys() throws IOException {
        List<String> keys = new ArrayList<>(Files.readAllLines(secrets.file(ring)));
        keys.replaceAll(String::strip);
        keys.removeIf(String::isEmpty);
        return keys;
    }

    private void write(List<String> keys) throws IOException {
        secrets.replace(ring, String.join("\n", keys) + "\n");
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
