package store.chaos.audit;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The time that orders have to end.
 *
 * @param faultEnded when the last fault ended; null if an order's time starts at its creation
 * @param within the time from there, without a backlog
 * @param recoveryPerSecond how many orders of a backlog recovery may take on, and how often it may call one dependency
 */
public record Bounds(@Nullable Instant faultEnded, Duration within, int recoveryPerSecond) {

    /** For a store with its own settings, without a fault. */
    public static final Bounds STANDARD = new Bounds(null, Duration.ofSeconds(120), 50);

    /** @throws IllegalArgumentException if an order would have no time at all */
    public Bounds {
        if (within.isNegative() || recoveryPerSecond < 1) {
            throw new IllegalArgumentException("within is at least 0, and recovery's cap is at least 1");
        }
    }
}
