package store.chaos.links;

import java.util.Map;

/** What a toxic does to the bytes of one direction. The records' components are the attributes that Toxiproxy's API gives them. */
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

    /** Delays all bytes by {@code latency ± jitter} milliseconds. */
    record Latency(long latency, long jitter) implements Effect {}

    /** Lets {@code rate} kilobytes (of 1000) a second pass; at 0 it holds them all back until it is removed. */
    record Bandwidth(long rate) implements Effect {}

    /** Swallows everything, and closes the connection {@code timeout} milliseconds after the last byte came; at 0 when it is removed. */
    record Timeout(long timeout) implements Effect {}

    /** Resets both sides {@code timeout} milliseconds after a byte came. */
    record ResetPeer(long timeout) implements Effect {}

    /** Closes the connection after {@code bytes}. */
    record LimitData(long bytes) implements Effect {}

    /** Sends pieces of {@code averageSize ± sizeVariation} bytes, {@code delay} microseconds apart. */
    record Slicer(int averageSize, int sizeVariation, long delay) implements Effect {}

    /** Passes the end of the stream on {@code delay} milliseconds late. */
    record SlowClose(long delay) implements Effect {}

    /**
     * The request passes, its answer never does: swallows all that comes from upstream, its end too. The connection stays open and
     * silent; once the toxic is removed it is closed if something was swallowed, for no client may read on in mid-stream. Not a toxic of Toxiproxy's.
     */
    record LoseAnswers() implements Effect {}

    /**
     * Each HTTP request that begins is answered 503 by the proxy. The first, the third and so on (over all connections) have been worked
     * on before: they pass, and the error takes the place of their answer when that comes. The others never get upstream. A connection
     * stays open meanwhile; once the toxic is removed it is closed if something was swallowed, like with {@link LoseAnswers}. What is
     * not HTTP passes. Not a toxic of Toxiproxy's.
     */
    record Errors() implements Effect {}

    default boolean swallows() {
        return this instanceof Timeout || this instanceof LoseAnswers || this instanceof Errors;
    }
}
