package store.chaos.kill;

import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import store.chaos.running.RunningStore;

/**
 * The orders as their database has them.
 *
 * @param open how many are not final
 * @param everNeededAttention how many an operator was, or is, called for
 * @param lastEnd when the last one became final
 */
record OrderBook(long open, long everNeededAttention, Instant lastEnd) {

    /** @param store with a user who may read them */
    static OrderBook of(RunningStore store) throws IOException, SQLException {
        var database = store.parts().stream()
                .filter(part -> List.of("order-db", "monolith-db").contains(part.name()))
                .findFirst()
                .orElseThrow(() -> new IOException(store.name() + " has no database of orders"));
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
