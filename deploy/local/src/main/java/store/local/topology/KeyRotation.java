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
 * The change of one service's current key, in two steps: every process of the service is given the new key as one more to verify and
 * open with, and only when all of them have it, as the current one. Keys are never removed.
 *
 * <p>How far it has got is on disk: the new key in a file of its own until the rotation has ended, and in the service's file. So
 * whoever finds a rotation that was interrupted, at whichever point, goes on with it.
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
     * Begins a rotation, or goes on with one that was interrupted.
     *
     * @param service {@code order-service} or {@code payment-service}
     * @return empty if another process is at it
     */
    public static Optional<KeyRotation> of(InstanceFolder folder, String service) throws IOException {
        Secrets secrets = new Secrets(folder.secrets());
        String ring = Optional.ofNullable(FILES.get(service)).orElseThrow();
        Path file = secrets.file(ring + ".lock");
        try {
            Files.createFile(file, Secrets.OWNER_ONLY);
        } catch (FileAlreadyExistsException fromBefore) {
            // it stays for good, and is locked while somebody works
        }
        FileChannel lock = FileChannel.open(file, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            return Optional.empty();
        }
        return Optional.of(new KeyRotation(secrets, ring, lock));
    }

    /** Whether the second step has begun: every process has the new key, and each that is started seals with it. */
    public boolean isCurrent() throws IOException {
        return keys().getFirst().equals(key);
    }

    /** Adds the new key as the last. Every process has to read the file again before the next step. */
    public void add() throws IOException {
        List<String> keys = keys();
        if (!keys.contains(key)) {
            keys.addLast(key);
            write(keys);
        }
    }

    /** Puts the new key first. Every process has to read the file again. */
    public void makeCurrent() throws IOException {
        List<String> keys = keys();
        if (!keys.remove(key)) {
            throw new IllegalStateException("the new key has not been added to " + secrets.file(ring));
        }
        keys.addFirst(key);
        write(keys);
    }

    /** Ends the rotation: the next one makes another key. */
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
