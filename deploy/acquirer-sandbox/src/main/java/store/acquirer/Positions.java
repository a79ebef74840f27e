package store.acquirer;

import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.function.LongPredicate;

/**
 * A hash table from names to the journal positions of their latest lines, at 12 to 24 bytes a name outside the heap. The names
 * themselves stay in the journal, so the caller says whether the line at a position carries the one it looks for. Callers take
 * turns.
 *
 * <p>The idea is Bitcask's (Sheehy and Smith, 2010): the log is the database, and memory only knows where things are.
 */
final class Positions implements AutoCloseable {

    /** A slot holds 28 bits of the hash above 36 bits of position; an empty slot is zero. */
    static final int POSITION_BITS = 36;

    private static final long POSITION_MASK = (1L << POSITION_BITS) - 1;

    private Arena memory = Arena.ofShared();
    private LongBuffer slots = allocate(memory, 1024);
    private int used;

    /** The position put last for the name, or 0. */
    long find(int hash, LongPredicate isOfName) {
        return slots.get(slot(hash, isOfName)) & POSITION_MASK;
    }

    /**
     * @param position above 0 and below 2 to the power of {@link #POSITION_BITS}
     * @throws OutOfMemoryError if the table must grow and cannot
     */
    void put(int hash, long position, LongPredicate isOfName) {
        if (used > slots.capacity() / 3 * 2) {
            grow();
        }
        int slot = slot(hash, isOfName);
        if (slots.get(slot) == 0) {
            used++;
        }
        slots.put(slot, (long) tag(hash) << POSITION_BITS | position);
    }

    /** The name's slot, or the empty one where it belongs. */
    private int slot(int hash, LongPredicate isOfName) {
        int tag = tag(hash);
        int slot = tag;
        while (true) {
            slot &= slots.capacity() - 1;
            long content = slots.get(slot);
            if (content == 0 || content >>> POSITION_BITS == tag && isOfName.test(content & POSITION_MASK)) {
                return slot;
            }
            slot++;
        }
    }

    private void grow() {
        LongBuffer smaller = slots;
        Arena largerMemory = Arena.ofShared();
        LongBuffer larger = allocate(largerMemory, smaller.capacity() * 2);
        int mask = larger.capacity() - 1;
        for (int i = 0; i < smaller.capacity(); i++) {
            long content = smaller.get(i);
            if (content != 0) {
                int slot = (int) (content >>> POSITION_BITS) & mask;
                while (larger.get(slot) != 0) {
                    slot = slot + 1 & mask;
                }
                larger.put(slot, content);
            }
        }
        slots = larger;
        memory.close();
        memory = largerMemory;
    }

    private static LongBuffer allocate(Arena memory, int slots) {
        long bytes = (long) slots * Long.BYTES;
        return memory.allocate(bytes, Long.BYTES)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asLongBuffer();
    }

    /** The upper 28 bits of MurmurHash3's finalizer, because the hashes that come in are weak. */
    private static int tag(int hash) {
        int mixed = (hash ^ hash >>> 16) * 0x85ebca6b;
        mixed = (mixed ^ mixed >>> 13) * 0xc2b2ae35;
        return (mixed ^ mixed >>> 16) >>> 4;
    }

    @Override
    public void close() {
        if (memory.scope().isAlive()) {
            memory.close();
        }
    }
}
