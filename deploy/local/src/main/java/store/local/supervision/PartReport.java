package store.local.supervision;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a part is.
 *
 * @param state {@code up}, {@code starting}, {@code down} or {@code paused}
 * @param pid null while it is down
 * @param restarts how often it was started again after it had died by itself
 * @param note what happened last, empty while nothing has
 * @param fault {@code killed}, {@code paused} or {@code throttled} while that was asked for, else empty
 */
public record PartReport(
        String name,
        String state,
        @Nullable Long pid,
        int restarts,
        @Nullable Instant startedAt,
        String note,
        String fault,
        @Nullable Instant faultUntil) {}
