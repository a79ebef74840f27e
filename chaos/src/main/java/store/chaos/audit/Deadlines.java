package store.chaos.audit;

import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * When an order must be final: within the bound, and the time that recovery needs for the backlog of that moment. Times are milliseconds
 * since 1970.
 *
 * <p>I3, I4 and I7 give an order this time. An order in the state where it must end is judged at once, because nothing leaves that state.
 * Any other is in flight until its deadline, and violates the invariant afterwards.
 */
final class Deadlines {

    private final Bounds bounds;
    private final long now;

    /** How many orders and settlements were open from each of these times on. */
    private final NavigableMap<Long, Long> open = new TreeMap<>();

    Deadlines(Facts facts, Bounds bounds) {
        this.bounds = bounds;
        now = facts.now().toEpochMilli();
        for (var order : facts.orders().values()) {
            if (order.row() != null) {
                opened(order.bornAt(), order.finalAt());
            }
            if (order.isFinal() && order.reservation() != null && !order.isReserved("WITHDRAWN")) {
                opened(
                        order.finalAt(),
                        order.isReserved("HELD")
                                ? 0
                                : Math.max(order.reservation().updatedAt(), order.finalAt()));
            }
        }
        var sum = 0L;
        for (var entry : open.entrySet()) {
            sum += entry.getValue();
            entry.setValue(sum);
        }
    }

    /** @param closed 0 if it is still open */
    private void opened(long at, long closed) {
        open.merge(at, 1L, Long::sum);
        if (closed > 0) {
            open.merge(closed, -1L, Long::sum);
        }
    }

    Bounds bounds() {
        return bounds;
    }

    boolean isAhead(long deadline) {
        return now <= deadline;
    }

    /** When the order must be final. */
    long of(Order order) {
        return from(order.bornAt());
    }

    /** Settling begins at the order's end. An order that ended late is late under I7, not also under I4. */
    long ofSettling(Order order) {
        return from(Math.max(order.bornAt(), order.finalAt()));
    }

    /** For what began at this time. */
    long from(long time) {
        var from = bounds.faultEnded() == null
                ? time
                : Math.max(time, bounds.faultEnded().toEpochMilli());
        var last = open.floorEntry(from);
        var backlog = last == null ? 0 : Math.max(0, last.getValue());
        return from + bounds.within().toMillis() + 1000 * backlog / bounds.recoveryPerSecond();
    }

    static String late(long at, long deadline) {
        return "%.1f s past its bound".formatted((at - deadline) / 1000.0);
    }

    String lateNow(long deadline) {
        return late(now, deadline);
    }
}
