package store.chaos.audit;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What recovery is granted.
 *
 * @param faultEnded when the last fault ended; without one, an order's time runs from its creation
 * @param within from there, when nothing else is open
 * @param recoveryPerSecond how much of a backlog recovery may take on, and how often it may call one dependency
 */
public record Bounds(@Nullable Instant faultEnded, Duration within, int recoveryPerSecond) {

    /** Without a fault, with the store's own settings. */
    public static final Bounds STANDARD = new Bounds(null, Duration.ofSeconds(120), 50);

    /** @throws IllegalArgumentException if an order would have no time at all */
    public Bounds {
        if (within.isNegative() || recoveryPerSecond < 1) {
            throw new IllegalArgumentException("within is at least 0, and recovery's cap at least 1");
        }
    }
}
