package store.acquirer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An append-only file of checksummed lines. A line can be read as soon as it is appended, and survives any crash once
 * {@link #awaitDurable} has returned; callers that wait at the same time share one {@code fdatasync}.
 *
 * <p>After a failed write or sync the content of the disk is unknown, so every later call fails until the file is
 * opened again.
 */
final class Journal implements AutoCloseable {

    /** Receives the lines of an opened journal, oldest first. */
    interface Replay {
        void line(long position, String line);
    }

    /** Forces written lines onto the disk. */
    interface Disk {
        /** Forces the content and the length, but no other metadata. */
        Disk FDATASYNC = file -> file.force(false);

        void force(FileChannel file) throws IOException;
    }

    /** Includes checksum and line feed. The longest entry has a key of 128 characters and fewer than 400 bytes. */
    static final int MAX_LINE_BYTES = 512;

    /** The size of a position, which is part of a movement's id. */
    static final int POSITION_BITS = 36;

    private static final byte[] HEADER = "acquirer-journal 1\n".getBytes(ISO_8859_1);
    /** A checksum of eight digits, and a space. */
    private static final int PREFIX_BYTES = 9;

    private static final int CHUNK_BYTES = 1 << 16;

    private final FileChannel folderLock;
    private final FileChannel file;
    private final Disk disk;
    /** Held during a sync. It is fair, so that callers that the last sync covered do not wait for the next one. */
    private final ReentrantLock syncing = new ReentrantLock(true);

    private volatile long end;
    private volatile long durable;
    private volatile @Nullable IOException broken;

    private Journal(FileChannel folderLock, FileChannel file, Disk disk) {
        this.folderLock = folderLock;
        this.file = file;
        this.disk = disk;
    }

    /**
     * Opens or creates the folder's journal and locks the folder. The caller then calls {@link #replay}.
     *
     * @throws IOException if another sandbox has locked the folder, the file is not a journal, or it cannot be read
     */
    static Journal open(Path folder, Disk disk) throws IOException {
        Files.createDirectories(folder);
        FileChannel folderLock = FileChannel.open(folder.resolve("lock"), CREATE, WRITE);
        if (!locked(folderLock)) {
            folderLock.close();
            throw new IOException("the data folder " + folder + " is in use by another acquirer sandbox");
        }
        FileChannel file = FileChannel.open(folder.resolve("journal"), CREATE, READ, WRITE);
        var journal = new Journal(folderLock, file, disk);
        try {
            journal.checkHeader(folder);
            return journal;
        } catch (IOException e) {
            journal.close();
            throw e;
        }
    }

    private static boolean locked(FileChannel folderLock) throws IOException {
        try {
            return folderLock.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false; // this process holds the lock
        }
    }

    private void checkHeader(Path folder) throws IOException {
        if (file.size() < HEADER.length) {
            file.truncate(0).write(ByteBuffer.wrap(HEADER), 0);
            try (FileChannel names = FileChannel.open(folder, READ)) {
                names.force(true);
            }
        }
        byte[] header = new byte[HEADER.length];
        readAt(0, header);
        if (!Arrays.equals(header, HEADER)) {
            throw new IOException(folder.resolve("journal") + " is not a journal of this version");
        }
        end = file.size();
    }

    /**
     * Reads every line. Damage at the end of the file is a write that a crash interrupted: it was never answered and is
     * cut off. Damage before an intact line has another cause, so the file stays as it is.
     *
     * @throws IOException if a line before the last is damaged
     */
    void replay(Replay replay) throws IOException {
        long intact = start();
        for (String line = read(intact); line != null; line = read(intact)) {
            replay.line(intact, line);
            intact = after(intact, line);
        }
        if (intact < end) {
            if (intactLineAfter(intact)) {
                throw new IOException("the journal is damaged at byte " + intact + " of " + end);
            }
            file.truncate(intact);
            end = intact;
        }
        // Lines that a killed process wrote are readable, but may not be on the disk.
        disk.force(file);
        durable = end;
    }

    /** The position of the first line. */
    long start() {
        return HEADER.length;
    }

    /** The position of the next line that is appended. */
    long end() {
        return end;
    }

    /**
     * @param line printable ASCII
     * @return the position of the line
     * @throws UncheckedIOException if the journal is broken or becomes so now
     */
    synchronized long append(String line) {
        byte[] bytes = framed(line).getBytes(ISO_8859_1);
        if (bytes.length > MAX_LINE_BYTES) {
            throw new IllegalArgumentException("a line of " + bytes.length + " bytes");
        }
        requireIntact();
        long position = end;
        if (position >>> POSITION_BITS != 0) {
            throw new UncheckedIOException(new IOException("the journal is full"));
        }
        try {
            var buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                file.write(buffer, position + buffer.position());
            }
        } catch (IOException e) {
            throw breakDown(e);
        }
        end = position + bytes.length;
        return position;
    }

    /**
     * Returns when everything before the position is on the disk. A sync covers all lines that were written before it
     * began; callers that come during a sync share the next one.
     *
     * @throws UncheckedIOException if the journal is broken or becomes so now; appended lines may or may not be durable
     */
    void awaitDurable(long position) {
        requireIntact();
        if (durable >= position) {
            return;
        }
        syncing.lock();
        try {
            requireIntact();
            if (durable < position) {
                long target = end;
                disk.force(file);
                durable = target;
            }
        } catch (IOException e) {
            throw breakDown(e);
        } finally {
            syncing.unlock();
        }
    }

    /** @throws UncheckedIOException if the journal is broken or closed */
    void requireIntact() {
        IOException why = broken;
        if (why != null) {
            throw new UncheckedIOException(why);
        }
    }

    /** Makes every later call fail. A restart reads the file again and can continue. */
    synchronized UncheckedIOException breakDown(IOException cause) {
        if (broken == null) {
            broken = cause;
            System.getLogger(Journal.class.getName())
                    .log(Level.ERROR, "the journal is broken; every request is refused until a restart: " + cause);
        }
        return new UncheckedIOException(cause);
    }

    /** The line at the position, or null if no intact line starts there. */
    @Nullable
    String read(long position) {
        if (position < start() || position >= end) {
            return null;
        }
        byte[] bytes = new byte[MAX_LINE_BYTES];
        try {
            String text = new String(bytes, 0, readAt(position, bytes), ISO_8859_1);
            int feed = text.indexOf('\n');
            if (feed < PREFIX_BYTES) {
                return null;
            }
            String line = text.substring(PREFIX_BYTES, feed);
            return text.startsWith(framed(line)) ? line : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The position of the next line. */
    static long after(long position, String line) {
        return position + PREFIX_BYTES + line.length() + 1;
    }

    private boolean intactLineAfter(long position) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        for (long at = position; at < end; at += chunk.length) {
            int length = readAt(at, chunk);
            for (int i = 0; i < length; i++) {
                if (chunk[i] == '\n' && read(at + i + 1) != null) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Reads until the array is full or the file ends, and returns the number of bytes. */
    private int readAt(long position, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) > 0) {}
        return buffer.position();
    }

    /** The line between its checksum and its line feed. */
    private static String framed(String line) {
        var checksum = new CRC32C();
        checksum.update(line.getBytes(ISO_8859_1));
        return HexFormat.of().toHexDigits((int) checksum.getValue()) + " " + line + "\n";
    }

    @Override
    public synchronized void close() throws IOException {
        try (folderLock;
                file) {
            if (broken == null) {
                broken = new IOException("the journal is closed");
            }
        }
    }
}
