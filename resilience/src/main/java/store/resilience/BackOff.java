package store.resilience;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt. The wait doubles after each attempt, up to a bound; up to half of it is
 * taken off at random, so that attempts that failed together are not repeated together.
 *
 * <p>After Marc Brooker, "Exponential Backoff And Jitter" (AWS, 2015): "equal jitter".
 */
public final class BackOff {

    /** Doubling a millisecond more often than this exceeds any sensible bound. */
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
            throw new IllegalArgumentException("a back-off grows from a positive first wait: " + first + " to " + last);
        }
        this.firstMillis = first.toMillis();
        this.lastMillis = last.toMillis();
        this.random = random;
    }

    /** @param attempts the number of attempts before the one that has just failed */
    public Duration after(long attempts) {
        var longest = Math.min(lastMillis, firstMillis << Math.min(attempts, MAX_DOUBLINGS));
        return Duration.ofMillis(random.nextLong(longest / 2, longest + 1));
    }
}
