package store.chaos.kill;

import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import store.chaos.running.RunningStore;

/**
 * The orders by their database.
 *
 * @param open how many are not final
 * @param everNeededAttention how many ever waited for an operator
 * @param lastEnd when the last order became final
 */
record OrderBook(long open, long everNeededAttention, Instant lastEnd) {

    /** How long after a time the last order became final; 0 if it was before. */
    double lastEndSecondsAfter(Instant time) {
        return Math.max(0, (lastEnd.toEpochMilli() - time.toEpochMilli()) / 1e3);
    }

    /** @param store with a user who may read the orders */
    static OrderBook of(RunningStore store) throws IOException, SQLException {
        var database = store.database("orders");
        try (var connection = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                var rows = connection.createStatement().executeQuery("""
                    select
                        (select count(*) from orders.orders where status in ('PENDING', 'CANCELLING', 'NEEDS_ATTENTION')),
                        (select count(distinct order_id) from orders.order_audit where status = 'NEEDS_ATTENTION'),
                        (select coalesce(max(at), 'epoch') from orders.order_audit
                         where event = 'CHANGED' and status in ('CONFIRMED', 'REJECTED', 'DECLINED', 'CANCELLED'))
                    """)) {
            rows.next();
            return new OrderBook(
                    rows.getLong(1),
                    rows.getLong(2),
                    rows.getObject(3, OffsetDateTime.class).toInstant());
        }
    }
}
