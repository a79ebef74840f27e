package store.chaos.links;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import store.chaos.links.Toxic.Direction;

/**
 * One direction of a connection. A thread reads, and while there is no toxic writes what it has read: one buffer, no lock, no allocation.
 * While there are toxics it leaves copies to a second thread, the stage, that passes them through the toxics in order. The stage ends
 * when there are no toxics and it has passed on all that it held, so bytes never overtake each other.
 */
final class Pump implements Runnable {

    private static final int BUFFER_BYTES = 16 << 10;
    /** What may wait in the stage before the sender feels it: bounds the heap, and the throughput under latency (at 100 ms: 2.5 MB/s). */
    private static final int HELD_BYTES = 256 << 10;

    private static final long FOREVER_NANOS = Long.MAX_VALUE / 4;
    /** Toxiproxy's bandwidth toxic sends ten times a second. */
    private static final int BANDWIDTH_SLICE_MILLIS = 100;

    private static final byte[] ERROR =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII);

    /** What becomes of what upstream says, while there is an errors toxic. */
    private enum Answers {
        PASS,
        /** The next one is replaced. */
        BECOME_ERRORS,
        SWALLOWED
    }

    /** A toxic, and what it knows about this direction of this connection. */
    private static final class Active {
        final Toxic toxic;
        final boolean chosen;
        boolean counted;
        /** Bandwidth: when the bytes before have gone. Timeout: when the last bytes came. */
        long nanos = System.nanoTime();
        /** Limit: bytes that had passed before it. */
        long passedBefore = -1;

        Active(Toxic toxic, Direction direction) {
            this.toxic = toxic;
            // Errors decide where requests begin; the answers' side only obeys.
            var errors = toxic.attributes() instanceof Effect.Errors;
            this.chosen = errors && direction == Direction.DOWNSTREAM
                    || ThreadLocalRandom.current().nextFloat() < toxic.toxicity();
            this.counted = errors && direction == Direction.UPSTREAM; // it is where the error is sent
        }

        Active(Toxic toxic, Active before) {
            this.toxic = toxic;
            chosen = before.chosen;
            counted = before.counted;
            nanos = before.nanos;
            passedBefore = before.passedBefore;
        }

        void acted(int bytes) {
            if (!counted) {
                counted = true;
                toxic.tally().connections().increment();
            }
            toxic.tally().bytes().add(bytes);
        }
    }

    /** @param error whether it is an answer of ours */
    private record Held(ByteBuffer bytes, long readNanos, boolean request, boolean error) {}

    private final Connection connection;
    private final Link.Counted counted;
    private final Direction direction;
    private final SocketChannel from;
    private final SocketChannel to;
    private final LongAdder passed;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by the lock; staged is also read without it.
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private int heldBytes;
    private List<Active> chain = List.of();
    private long version;
    private boolean ended;
    private long endedNanos;
    private volatile boolean staged;
    private volatile boolean done;

    /** Bytes are missing from what the receiver got, so it must never get another one. */
    private volatile boolean broken;

    /** Written by the other direction's stage, or where an answer came; guarded by the lock. */
    private Answers answers = Answers.PASS;

    /** Upstream, of the stage: the request that was last met by an errors toxic, and whether it is kept from upstream. */
    private @Nullable Held refused;

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
                if (!staged || !hold()) {
                    if (isRequest(buffer)) {
                        countRequest();
                    }
                    forward(buffer);
                }
                buffer.clear();
            }
            end();
        } catch (ClosedChannelException cut) {
            connection.cut();
        } catch (IOException reset) {
            connection.reset();
        }
    }

    boolean isDone() {
        return done;
    }

    /** Whoever waits looks again. */
    void wake() {
        lock.lock();
        try {
            version++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** From now on; a toxic that was there before goes on where it was, unless its toxicity was changed. */
    void toxicsAre(List<Toxic> toxics) {
        lock.lock();
        try {
            var next = new ArrayList<Active>();
            for (var toxic : toxics) {
                // Errors have to do with both: they tell requests apart, and replace answers.
                if (toxic.stream() == direction || toxic.attributes() instanceof Effect.Errors) {
                    next.add(chain.stream()
                            .filter(active -> active.toxic.tally() == toxic.tally()
                                    && active.toxic.toxicity() == toxic.toxicity())
                            .findFirst()
                            .map(before -> new Active(toxic, before))
                            .orElseGet(() -> new Active(toxic, direction)));
                }
            }
            // Like Toxiproxy, a timeout leaves no connection behind, whether it swallowed anything or not.
            broken |= next.stream()
                    .anyMatch(active -> active.chosen && active.toxic.attributes() instanceof Effect.Timeout);
            chain = List.copyOf(next);
            if (chain.stream().noneMatch(active -> active.toxic.attributes() instanceof Effect.Errors)) {
                answers = Answers.PASS;
            }
            if (!chain.isEmpty() && !staged && !done) {
                staged = true;
                Thread.startVirtualThread(this::stage);
            }
            wake();
        } finally {
            lock.unlock();
        }
    }

    private boolean isRequest(ByteBuffer bytes) {
        return direction == Direction.UPSTREAM && Arrivals.begin(bytes);
    }

    private void countRequest() {
        counted.arrivals().count(System.currentTimeMillis() / 1000);
    }

    private void forward(ByteBuffer bytes) throws IOException {
        var count = bytes.remaining();
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
        passedBytes += count;
        passed.add(count);
    }

    /** Leaves what was read to the stage; false if it has ended meanwhile. */
    private boolean hold() throws IOException {
        lock.lock();
        try {
            while (staged && heldBytes >= HELD_BYTES && !connection.isClosed()) {
                await(FOREVER_NANOS);
            }
            if (!staged) {
                return false;
            }
            var copy = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
            add(new Held(copy, System.nanoTime(), isRequest(copy), false));
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void add(Held last) {
        held.add(last);
        heldBytes += last.bytes.capacity();
        changed.signalAll();
    }

    /** Downstream: an error takes the place of the answer to the request that has begun. @param now or else when that answer comes */
    void refuse(boolean now) {
        lock.lock();
        try {
            if (chain.isEmpty()) {
                return; // the toxic has just been removed, and the connection is cut
            }
            answers = now ? Answers.SWALLOWED : Answers.BECOME_ERRORS;
            if (now) {
                add(error());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Downstream: whether this comes from upstream and must not pass. */
    private boolean isReplaced(Held first) {
        lock.lock();
        try {
            if (first.error || answers == Answers.PASS) {
                return false;
            }
            if (answers == Answers.BECOME_ERRORS && Arrivals.answer(first.bytes)) {
                answers = Answers.SWALLOWED;
                add(error());
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private static Held error() {
        return new Held(ByteBuffer.wrap(ERROR), System.nanoTime(), false, true);
    }

    private void end() throws IOException {
        lock.lock();
        try {
            ended = true;
            endedNanos = System.nanoTime();
            if (staged) {
                changed.signalAll();
                return;
            }
            done = true;
        } finally {
            lock.unlock();
        }
        finish();
    }

    /** A half-closed connection is passed on as one. */
    private void finish() throws IOException {
        done = true;
        to.shutdownOutput();
        connection.done();
    }

    private void stage() {
        try {
            while (pause()) {
                Held first;
                List<Active> toxics;
                long now;
                lock.lock();
                try {
                    first = held.peek();
                    toxics = chain;
                    now = version;
                } finally {
                    lock.unlock();
                }
                if (first == null) {
                    if (mayEnd(toxics, now)) {
                        finish();
                        return;
                    }
                } else if (pass(first, first.bytes.remaining(), toxics, 0, first.readNanos, now)) {
                    lock.lock();
                    try {
                        held.remove();
                        heldBytes -= first.bytes.capacity();
                        changed.signalAll();
                    } finally {
                        lock.unlock();
                    }
                }
            }
        } catch (ClosedChannelException cut) {
            connection.cut();
        } catch (IOException reset) {
            connection.reset();
        }
    }

    /** Waits for something to do; false when the stage is no longer needed. */
    private boolean pause() throws IOException {
        lock.lock();
        try {
            while (!connection.isClosed()) {
                if (broken
                        && chain.stream()
                                .noneMatch(active -> active.chosen
                                        && active.toxic.attributes().swallows())) {
                    connection.cut();
                    return false;
                }
                if (ended || !held.isEmpty()) {
                    return true;
                }
                if (chain.isEmpty()) {
                    staged = false;
                    changed.signalAll();
                    return false;
                }
                var left = FOREVER_NANOS;
                for (var active : chain) {
                    if (active.chosen
                            && active.toxic.attributes() instanceof Effect.Timeout(var millis)
                            && millis > 0) {
                        left = Math.min(left, active.nanos + nanos(millis) - System.nanoTime());
                        if (left <= 0) {
                            active.acted(0);
                            connection.cut();
                            return false;
                        }
                    }
                }
                await(left);
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Passes the next {@code count} bytes through the toxics from {@code index} on.
     *
     * @param due when they would leave if no other toxic came
     * @return false if the toxics were changed in the middle: what is left in {@code first} goes through the new ones
     */
    private boolean pass(Held first, int count, List<Active> toxics, int index, long due, long now) throws IOException {
        if (index == toxics.size()) {
            if (first.request && first.bytes.position() == 0 && count > 0) {
                countRequest();
            }
            var limit = first.bytes.limit();
            forward(first.bytes.limit(first.bytes.position() + count));
            first.bytes.limit(limit);
            return true;
        }
        var active = toxics.get(index);
        if (!active.chosen) {
            return pass(first, count, toxics, index + 1, due, now);
        }
        switch (active.toxic.attributes()) {
            case Effect.Latency(var latency, var jitter) -> {
                var delay = latency + (jitter > 0 ? ThreadLocalRandom.current().nextLong(-jitter, jitter) : 0);
                var later = due + nanos(delay);
                if (!sleepUntil(later, now)) {
                    return false;
                }
                active.acted(count);
                return pass(first, count, toxics, index + 1, later, now);
            }
            case Effect.Bandwidth(var rate) -> {
                if (rate <= 0) {
                    active.acted(0);
                    return sleepUntil(System.nanoTime() + FOREVER_NANOS, now);
                }
                for (var left = count; left > 0; ) {
                    var slice = (int) Math.min(left, rate * BANDWIDTH_SLICE_MILLIS);
                    var gone = Math.max(active.nanos, due) + nanos(slice) / rate;
                    if (!sleepUntil(gone, now) || !pass(first, slice, toxics, index + 1, gone, now)) {
                        return false;
                    }
                    active.nanos = gone;
                    active.acted(slice);
                    left -= slice;
                }
                return true;
            }
            case Effect.Slicer(var size, var variation, var delayMicros) -> {
                for (var left = count; left > 0; ) {
                    var wanted =
                            size + (variation > 0 ? ThreadLocalRandom.current().nextInt(-variation, variation) : 0);
                    var slice = Math.clamp(wanted, 1, left);
                    if (!pass(first, slice, toxics, index + 1, due, now)) {
                        return false;
                    }
                    active.acted(slice);
                    left -= slice;
                    if (!sleepUntil(System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(delayMicros), now)) {
                        return left == 0;
                    }
                }
                return true;
            }
            case Effect.LimitData(var bytes) -> {
                if (active.passedBefore < 0) {
                    active.passedBefore = passedBytes;
                }
                var allowed = Math.clamp(bytes - (passedBytes - active.passedBefore), 0, count);
                if (!pass(first, allowed, toxics, index + 1, due, now)) {
                    return false;
                }
                if (passedBytes - active.passedBefore >= bytes) {
                    active.acted(count - allowed);
                    connection.cut();
                    throw new ClosedChannelException();
                }
                return true;
            }
            case Effect.ResetPeer(var millis) -> {
                if (!sleepUntil(due + nanos(millis), now)) {
                    return false;
                }
                active.acted(count);
                connection.reset();
                throw new ClosedChannelException();
            }
            case Effect.Errors _ -> {
                if (direction == Direction.UPSTREAM ? isKept(first, active) : isReplaced(first)) {
                    return swallow(first, count, active);
                }
                if (first.error) {
                    active.acted(0);
                }
                return pass(first, count, toxics, index + 1, due, now);
            }
            case Effect.Timeout _, Effect.LoseAnswers _ -> {
                return swallow(first, count, active);
            }
            case Effect.SlowClose _ -> {
                return pass(first, count, toxics, index + 1, due, now);
            }
        }
    }

    private boolean swallow(Held first, int count, Active active) {
        broken = true;
        active.nanos = System.nanoTime();
        active.acted(count);
        first.bytes.position(first.bytes.position() + count);
        return true;
    }

    /** Upstream: whether this belongs to a request that is answered without having been worked on. */
    private boolean isKept(Held first, Active active) {
        if (first.request && first != refused) {
            refused = first;
            keptFromUpstream = active.toxic.tally().errors().incrementAndGet() % 2 == 0;
            connection.refuse(keptFromUpstream);
        }
        return keptFromUpstream;
    }

    /** Whether the end of the stream may be passed on; waits if it may later. */
    private boolean mayEnd(List<Active> toxics, long now) throws IOException {
        for (var active : toxics) {
            if (active.chosen) {
                switch (active.toxic.attributes()) {
                    case Effect.SlowClose(var millis) -> {
                        active.acted(0);
                        if (!sleepUntil(endedNanos + nanos(millis), now)) {
                            return false;
                        }
                    }
                    case Effect.Timeout _ -> throw new ClosedChannelException();
                    case Effect.LoseAnswers _ -> {
                        broken = true;
                        active.acted(0);
                        // Nobody is left who waits for an answer.
                        if (connection.isDoneOpposite(this)) {
                            throw new ClosedChannelException();
                        }
                        return sleepUntil(System.nanoTime() + FOREVER_NANOS, now);
                    }
                    default -> {}
                }
            }
        }
        return true;
    }

    /** False as soon as something has changed. */
    private boolean sleepUntil(long nanos, long now) throws IOException {
        lock.lock();
        try {
            while (version == now) {
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

    private void await(long nanos) throws IOException {
        try {
            var _ = changed.awaitNanos(nanos);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new ClosedChannelException();
        }
    }

    private static long nanos(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
