package store.chaos.links;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import store.chaos.links.Pump.Chunk;
import store.chaos.links.Pump.Step;

/**
 * What a toxic does to the bytes of one direction. The records' components are the attributes that Toxiproxy's API gives them. To cut the
 * connection an effect throws {@link ClosedChannelException}; any other {@link IOException} resets it.
 */
sealed interface Effect {

    Map<String, Class<? extends Effect>> TYPES = Map.of(
            "latency", Latency.class,
            "bandwidth", Bandwidth.class,
            "timeout", Timeout.class,
            "reset_peer", ResetPeer.class,
            "limit_data", LimitData.class,
            "slicer", Slicer.class,
            "slow_close", SlowClose.class,
            "lose_answers", LoseAnswers.class,
            "errors", Errors.class);

    /**
     * Passes the next bytes of a chunk on to the toxics that follow, at once or later, whole or in pieces, or swallows them.
     *
     * @param due when the bytes would leave if this toxic were the last and did nothing
     * @return false if the toxics have changed meanwhile: the new ones get the bytes that are left in the chunk
     */
    default boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
        return step.next(chunk, count, due);
    }

    /** Waits until the end of the stream may pass. @return false if the toxics have changed meanwhile */
    default boolean passEnd(Step step, Chunk end) throws IOException {
        return true;
    }

    /** Called while no chunk is waiting. @return the nanoseconds after which to call again */
    default long idle(Step step) throws IOException {
        return Pump.FOREVER_NANOS;
    }

    /** An effect after which bytes may be missing, so that the connection must not outlive it. */
    sealed interface Swallowing extends Effect {
        @Override
        default boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            return step.swallow(chunk, count);
        }
    }

    /** Delays all bytes by {@code latency ± jitter} milliseconds. */
    record Latency(long latency, long jitter) implements Effect {
        @Override
        public boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            var later = due + nanos(latency + vary(jitter));
            if (!step.sleepUntil(later)) {
                return false;
            }
            step.acted(count);
            return step.next(chunk, count, later);
        }
    }

    /** Lets {@code rate} kilobytes (of 1000) a second pass; at 0 it holds them all back until it is removed. */
    record Bandwidth(long rate) implements Effect {
        /** Toxiproxy's bandwidth toxic sends ten times a second. */
        private static final int SLICE_MILLIS = 100;

        @Override
        public boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            if (rate <= 0) {
                step.acted(0);
                return step.sleepUntil(System.nanoTime() + Pump.FOREVER_NANOS);
            }
            for (var left = count; left > 0; ) {
                var slice = (int) Math.min(left, rate * SLICE_MILLIS);
                var gone = Math.max(step.lastNanos, due) + nanos(slice) / rate;
                if (!step.sleepUntil(gone) || !step.next(chunk, slice, gone)) {
                    return false;
                }
                step.lastNanos = gone;
                step.acted(slice);
                left -= slice;
            }
            return true;
        }
    }

    /** Swallows everything, and closes the connection {@code timeout} milliseconds after the last byte came; at 0 when it is removed. */
    record Timeout(long timeout) implements Swallowing {
        @Override
        public boolean passEnd(Step step, Chunk end) throws IOException {
            throw new ClosedChannelException();
        }

        @Override
        public long idle(Step step) throws IOException {
            if (timeout <= 0) {
                return Pump.FOREVER_NANOS;
            }
            var left = step.lastNanos + nanos(timeout) - System.nanoTime();
            if (left <= 0) {
                step.acted(0);
                throw new ClosedChannelException();
            }
            return left;
        }
    }

    /** Resets both sides {@code timeout} milliseconds after a byte came. */
    record ResetPeer(long timeout) implements Effect {
        @Override
        public boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            if (!step.sleepUntil(due + nanos(timeout))) {
                return false;
            }
            step.acted(count);
            throw new IOException("reset");
        }
    }

    /** Closes the connection after {@code bytes}. */
    record LimitData(long bytes) implements Effect {
        @Override
        public boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            var allowed = Math.clamp(bytes - step.passedBytes(), 0, count);
            if (!step.next(chunk, allowed, due)) {
                return false;
            }
            if (step.passedBytes() >= bytes) {
                step.acted(count - allowed);
                throw new ClosedChannelException();
            }
            return true;
        }
    }

    /** Sends pieces of {@code averageSize ± sizeVariation} bytes, {@code delay} microseconds apart. */
    record Slicer(int averageSize, int sizeVariation, long delay) implements Effect {
        @Override
        public boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            for (var left = count; left > 0; ) {
                var slice = Math.clamp(averageSize + vary(sizeVariation), 1, left);
                if (!step.next(chunk, slice, due)) {
                    return false;
                }
                step.acted(slice);
                left -= slice;
                if (!step.sleepUntil(System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(delay))) {
                    return left == 0;
                }
            }
            return true;
        }
    }

    /** Passes the end of the stream on {@code delay} milliseconds late. */
    record SlowClose(long delay) implements Effect {
        @Override
        public boolean passEnd(Step step, Chunk end) throws IOException {
            step.acted(0);
            return step.sleepUntil(end.readNanos() + nanos(delay));
        }
    }

    /**
     * Lets requests pass and swallows all that comes from upstream, its end too. The connection stays open and silent. When the toxic is
     * removed, the connection is closed if something was swallowed, because no client may read on in mid-stream. Not in Toxiproxy.
     */
    record LoseAnswers() implements Swallowing {
        @Override
        public boolean passEnd(Step step, Chunk end) throws IOException {
            step.swallow(end, 0);
            if (step.isOppositeDone()) {
                throw new ClosedChannelException(); // the client no longer waits for an answer
            }
            return step.sleepUntil(System.nanoTime() + Pump.FOREVER_NANOS);
        }
    }

    /**
     * Answers each HTTP request with a 503 of the proxy's own. Every other request, beginning with the first and counted over all
     * connections, is worked on before: it passes, and the error takes the place of its answer when that comes. The rest never get
     * upstream. The connection stays open; when the toxic is removed, the connection is closed if something was swallowed, as under
     * {@link LoseAnswers}. Bytes that are not HTTP pass. Not in Toxiproxy.
     */
    record Errors() implements Swallowing {
        @Override
        public boolean pass(Step step, Chunk chunk, int count, long due) throws IOException {
            if (step.isRefused(chunk)) {
                return step.swallow(chunk, count);
            }
            if (chunk.kind() == Chunk.Kind.ERROR) {
                step.acted(0);
            }
            return step.next(chunk, count, due);
        }
    }

    private static long nanos(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static long vary(long by) {
        return by > 0 ? ThreadLocalRandom.current().nextLong(-by, by) : 0;
    }
}
