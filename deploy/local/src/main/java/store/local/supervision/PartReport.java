package store.local.supervision;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a part.
 *
 * @param state {@code up}, {@code starting}, {@code down} or {@code paused}
 * @param pid null while it is down
 * @param restarts how often it was started again after it had died
 * @param note why it is down, or that it has no supervisor; otherwise empty
 * @param fault {@code killed}, {@code paused} or {@code throttled} while the part has such a fault on request, else
 *     empty
 */
public record PartReport(
        String name,
        String state,
        @Nullable Long pid,
        int restarts,
        @Nullable Instant startedAt,
        String note,
        String fault,
        @Nullable Instant faultUntil) {

    /** The report of the part with this name. */
    public static PartReport of(String name, List<PartReport> reports) {
        return reports.stream()
                .filter(report -> report.name().equals(name))
                .findAny()
                .orElseThrow();
    }
}
