package store.chaos.links;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import store.chaos.links.Toxic.Direction;

/**
 * One direction of a connection. One thread reads bytes. While there is no toxic it writes them at once: one buffer, no lock, no
 * allocation. While there are toxics it leaves copies to a second thread, the stage, which passes them through the toxics in order. The
 * stage ends when there are no toxics and it has passed on every copy, so bytes never overtake each other.
 */
final class Pump implements Runnable {

    static final long FOREVER_NANOS = Long.MAX_VALUE / 4;

    private static final int BUFFER_BYTES = 16 << 10;
    /** How much the stage holds before the sender has to wait. Bounds the heap, and the throughput under latency (100 ms: 2.5 MB/s). */
    private static final int HELD_BYTES = 256 << 10;

    private static final byte[] ERROR =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII);

    /** What becomes of the answers from upstream while there is an errors toxic. */
    private enum Answers {
        PASS,
        /** The next one is replaced. */
        BECOME_ERRORS,
        SWALLOWED
    }

    /** Bytes that wait to pass the toxics, or the end of the stream. */
    record Chunk(Kind kind, ByteBuffer bytes, long readNanos) {
        enum Kind {
            BYTES,
            /** The beginning of an HTTP request. */
            REQUEST,
            /** An answer that the proxy itself gives. */
            ERROR,
            END
        }

        private Chunk(Kind kind, ByteBuffer bytes) {
            this(kind, bytes, System.nanoTime());
        }
    }

    private final Connection connection;
    private final Link.Counted counted;
    private final Direction direction;
    private final SocketChannel from;
    private final SocketChannel to;
    private final LongAdder passed;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by the lock; staged and done are also read without it.
    private final ArrayDeque<Chunk> held = new ArrayDeque<>();
    private int heldBytes;
    private List<Step> steps = List.of();
    private long version;
    private Answers answers = Answers.PASS;
    private volatile boolean staged;
    private volatile boolean done;

    /** Bytes are missing from what the receiver got, so the receiver must never get another one. */
    private volatile boolean broken;

    // Of the stage: the steps that act on its current chunk, and the version that they are from.
    private List<Step> acting = List.of();
    private long actingVersion;

    /** Upstream, of the stage: the request that an errors toxic met last, and whether it is kept from upstream. */
    private @Nullable Chunk refused;

    private boolean keptFromUpstream;

    /** Of this connection; written by whichever thread forwards. */
    private long passedBytes;

    Pump(Connection connection, Link.Counted counted, Direction direction, SocketChannel from, SocketChannel to) {
        this.connection = connection;
        this.counted = counted;
        this.direction = direction;
        this.from = from;
        this.to = to;
        passed = direction == Direction.UPSTREAM ? counted.bytesUpstream() : counted.bytesDownstream();
    }

    @Override
    public void run() {
        try {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                var isRequest = direction == Direction.UPSTREAM && Arrivals.begin(buffer);
                if (!staged || !hold(isRequest ? Chunk.Kind.REQUEST : Chunk.Kind.BYTES)) {
                    forward(buffer, isRequest);
                }
                buffer.clear();
            }
            if (!hold(Chunk.Kind.END)) {
                finish();
            }
        } catch (ClosedChannelException cut) {
            connection.cut();
        } catch (IOException reset) {
            connection.reset();
        }
    }

    boolean isDone() {
        return done;
    }

    /** Makes every waiting thread look again. */
    void wake() {
        lock.lock();
        try {
            version++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** From now on these toxics act. One that acted before continues where it was, unless its toxicity has changed. */
    void toxicsAre(List<Toxic> toxics) {
        lock.lock();
        try {
            steps = toxics.stream()
                    .filter(toxic -> toxic.actsOn(direction))
                    .map(this::step)
                    .toList();
            // Like Toxiproxy, a timeout leaves no connection behind, whether it swallowed anything or not.
            broken |= steps.stream().anyMatch(step -> step.chosen && step.effect() instanceof Effect.Timeout);
            if (steps.stream().noneMatch(step -> step.effect() instanceof Effect.Errors)) {
                answers = Answers.PASS;
            }
            if (!steps.isEmpty() && !staged && !done) {
                staged = true;
                Thread.startVirtualThread(this::stage);
            }
            wake();
        } finally {
            lock.unlock();
        }
    }

    private Step step(Toxic toxic) {
        for (var step : steps) {
            if (step.toxic.tally() == toxic.tally() && step.toxic.toxicity() == toxic.toxicity()) {
                step.toxic = toxic;
                return step;
            }
        }
        return new Step(toxic);
    }

    private void forward(ByteBuffer bytes, boolean isRequest) throws IOException {
        if (isRequest) {
            counted.arrivals().count(System.currentTimeMillis() / 1000);
        }
        var count = bytes.remaining();
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
        passedBytes += count;
        passed.add(count);
    }

    /** Leaves what was read, or the end, to the stage. @return false if there is no stage */
    private boolean hold(Chunk.Kind kind) throws IOException {
        lock.lock();
        try {
            while (staged && heldBytes >= HELD_BYTES && !connection.isClosed()) {
                await(FOREVER_NANOS);
            }
            if (staged) {
                var end = kind == Chunk.Kind.END;
                add(
                        kind,
                        end
                                ? ByteBuffer.allocate(0)
                                : ByteBuffer.allocate(buffer.remaining())
                                        .put(buffer)
                                        .flip());
            } else {
                done = kind == Chunk.Kind.END; // from now on no stage begins
            }
            return staged;
        } finally {
            lock.unlock();
        }
    }

    private void add(Chunk.Kind kind, ByteBuffer bytes) {
        held.add(new Chunk(kind, bytes));
        heldBytes += bytes.capacity();
        changed.signalAll();
    }

    /** A half-closed connection is passed on as one. */
    private void finish() throws IOException {
        done = true;
        to.shutdownOutput();
        connection.done();
    }

    private void stage() {
        try {
            for (var first = take(); first != null; first = take()) {
                if (first.kind() != Chunk.Kind.END) {
                    pass(0, first, first.bytes().remaining(), first.readNanos());
                } else if (passEnd(first)) {
                    finish();
                    return;
                }
            }
        } catch (ClosedChannelException cut) {
            connection.cut();
        } catch (IOException reset) {
            connection.reset();
        }
    }

    /** Waits for a chunk that has not passed, and leaves it in the queue; null when the stage is no longer needed. */
    private @Nullable Chunk take() throws IOException {
        lock.lock();
        try {
            while (!connection.isClosed()) {
                acting = steps.stream().filter(step -> step.chosen).toList();
                actingVersion = version;
                if (broken && acting.stream().noneMatch(step -> step.effect() instanceof Effect.Swallowing)) {
                    throw new ClosedChannelException();
                }
                var first = held.peek();
                if (first != null
                        && first.kind() != Chunk.Kind.END
                        && !first.bytes().hasRemaining()) {
                    held.remove();
                    heldBytes -= first.bytes().capacity();
                    changed.signalAll();
                    first = held.peek();
                }
                if (first != null) {
                    return first;
                }
                if (steps.isEmpty()) {
                    staged = false;
                    changed.signalAll();
                    return null;
                }
                var left = FOREVER_NANOS;
                for (var step : acting) {
                    left = Math.min(left, step.effect().idle(step));
                }
                await(left);
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private boolean pass(int index, Chunk chunk, int count, long due) throws IOException {
        if (index < acting.size()) {
            var step = acting.get(index);
            return step.effect().pass(step, chunk, count, due);
        }
        var bytes = chunk.bytes();
        var limit = bytes.limit();
        var isRequest = chunk.kind() == Chunk.Kind.REQUEST && bytes.position() == 0 && count > 0;
        forward(bytes.limit(bytes.position() + count), isRequest);
        bytes.limit(limit);
        return true;
    }

    private boolean passEnd(Chunk end) throws IOException {
        for (var step : acting) {
            if (!step.effect().passEnd(step, end)) {
                return false;
            }
        }
        return true;
    }

    /** A toxic at work on one direction of one connection: what its {@link Effect} knows and may do there, on the stage's thread. */
    final class Step {

        /** For a bandwidth, when the bytes before have left; for a timeout, when the last bytes came. */
        long lastNanos = System.nanoTime();

        private volatile Toxic toxic;
        private final boolean chosen;
        private boolean isCounted;
        private long passedBefore = -1;

        private Step(Toxic toxic) {
            this.toxic = toxic;
            // Requests decide whether errors act on a connection; the answers' direction follows.
            chosen = toxic.attributes() instanceof Effect.Errors && direction == Direction.DOWNSTREAM
                    || ThreadLocalRandom.current().nextFloat() < toxic.toxicity();
            // Errors act on both directions, and count where the error is sent.
            isCounted = toxic.stream() != direction;
        }

        private Effect effect() {
            return toxic.attributes();
        }

        /** Counts bytes on which the toxic has acted, and the connection. */
        void acted(int bytes) {
            if (!isCounted) {
                isCounted = true;
                toxic.tally().connections().increment();
            }
            toxic.tally().bytes().add(bytes);
        }

        /** Passes bytes on to the toxics that follow; see {@link Effect#pass}. */
        boolean next(Chunk chunk, int count, long due) throws IOException {
            return Pump.this.pass(acting.indexOf(this) + 1, chunk, count, due);
        }

        boolean swallow(Chunk chunk, int count) {
            broken = true;
            lastNanos = System.nanoTime();
            acted(count);
            chunk.bytes().position(chunk.bytes().position() + count);
            return true;
        }

        /** Returns false as soon as anything has changed. */
        boolean sleepUntil(long nanos) throws IOException {
            lock.lock();
            try {
                while (version == actingVersion) {
                    var left = nanos - System.nanoTime();
                    if (left <= 0) {
                        return true;
                    }
                    await(left);
                }
                return false;
            } finally {
                lock.unlock();
            }
        }

        /** Bytes that this direction has passed since the toxic first asked. */
        long passedBytes() {
            if (passedBefore < 0) {
                passedBefore = passedBytes;
            }
            return passedBytes - passedBefore;
        }

        boolean isOppositeDone() {
            return connection.isDoneOpposite(Pump.this);
        }

        /** Whether the chunk belongs to a request that is kept from upstream, or to an answer that an error replaces. */
        boolean isRefused(Chunk chunk) {
            return direction == Direction.UPSTREAM ? isKept(chunk, toxic.tally()) : isReplaced(chunk);
        }
    }

    private boolean isKept(Chunk chunk, Toxic.Tally tally) {
        if (chunk.kind() == Chunk.Kind.REQUEST && chunk != refused) {
            refused = chunk;
            keptFromUpstream = tally.errors().incrementAndGet() % 2 == 0;
            connection.refuse(keptFromUpstream);
        }
        return keptFromUpstream;
    }

    private boolean isReplaced(Chunk chunk) {
        lock.lock();
        try {
            if (chunk.kind() == Chunk.Kind.ERROR || answers == Answers.PASS) {
                return false;
            }
            if (answers == Answers.BECOME_ERRORS && Arrivals.answer(chunk.bytes())) {
                answers = Answers.SWALLOWED;
                add(Chunk.Kind.ERROR, ByteBuffer.wrap(ERROR));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Downstream: an error takes the place of the answer to the request that has begun. @param now without waiting for that answer */
    void refuse(boolean now) {
        lock.lock();
        try {
            if (steps.isEmpty()) {
                return; // the toxic has just been removed, and the connection is cut
            }
            answers = now ? Answers.SWALLOWED : Answers.BECOME_ERRORS;
            if (now) {
                add(Chunk.Kind.ERROR, ByteBuffer.wrap(ERROR));
            }
        } finally {
            lock.unlock();
        }
    }

    private void await(long nanos) throws IOException {
        try {
            var _ = changed.awaitNanos(nanos);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new ClosedChannelException();
        }
    }
}
