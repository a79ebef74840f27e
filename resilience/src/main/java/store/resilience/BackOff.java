package store.resilience;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: twice as long after each, up to a bound, less up to a half at random so that attempts that
 * failed together do not come again together.
 *
 * <p>After Marc Brooker, "Exponential Backoff And Jitter" (AWS, 2015): "equal jitter".
 */
public final class BackOff {

    /** Doubling a millisecond more often than this would exceed any bound that makes sense. */
    private static final int MAX_DOUBLINGS = 20;

    private final long firstMillis;
    private final long lastMillis;
    private final RandomGenerator random;

    /**
     * @param first the longest wait after the first attempt
     * @param last the longest wait after any attempt
     */
    public BackOff(Duration first, Duration last, RandomGenerator random) {
        if (!first.isPositive() || last.compareTo(first) < 0) {
            throw new IllegalArgumentException("a back-off grows from a positive wait: " + first + " to " + last);
        }
        this.firstMillis = first.toMillis();
        this.lastMillis = last.toMillis();
        this.random = random;
    }

    /** @param attempts how many there were before the last one, which has just failed */
    public Duration after(int attempts) {
        var longest = Math.min(lastMillis, firstMillis << Math.min(attempts, MAX_DOUBLINGS));
        return Duration.ofMillis(random.nextLong(longest / 2, longest + 1));
    }
}
