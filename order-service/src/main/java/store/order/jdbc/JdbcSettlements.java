package store.order.jdbc;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.order.OrderId;
import store.order.Settlement;
import store.order.Settlements;

/** A claimed settlement is not due before its lease runs out. Two workers on one would do no harm, only work twice. */
final class JdbcSettlements implements Settlements {

    private static final String FRESH = "of_request and attempts = 0 and created_at > now() - :fresh * interval '1 ms'";

    private final JdbcClient jdbc;
    private final OrderRows rows;

    JdbcSettlements(JdbcClient jdbc, OrderRows rows) {
        this.jdbc = jdbc;
        this.rows = rows;
    }

    @Override
    public List<Open> claimFresh(int limit, Duration fresh, Duration lease) {
        return claim(FRESH, limit, fresh, lease);
    }

    @Override
    public List<Open> claimLate(int limit, Duration fresh, Duration lease) {
        return claim("not (" + FRESH + ")", limit, fresh, lease);
    }

    private List<Open> claim(String which, int limit, Duration fresh, Duration lease) {
        return rows.write(() -> jdbc.sql("""
            update orders.settlement s
            set due_at = now() + :lease * interval '1 ms', attempts = s.attempts + 1
            from (
                select order_id from orders.settlement where due_at <= now() and %s
                order by due_at limit :limit
                for update skip locked
            ) due
            where s.order_id = due.order_id
            returning s.order_id, s.settlement, s.attempts - 1 as attempts
            """.formatted(which))
                .param("fresh", fresh.toMillis())
                .param("lease", lease.toMillis())
                .param("limit", limit)
                .query((row, _) -> new Open(
                        new OrderId(row.getObject("order_id", UUID.class)),
                        Settlement.valueOf(row.getString("settlement")),
                        row.getInt("attempts")))
                .list());
    }

    @Override
    public int retried() {
        return rows.write(() -> jdbc.sql("select count(*) from orders.settlement where attempts > 1")
                .query(Integer.class)
                .single());
    }

    @Override
    public void done(Collection<OrderId> orders) {
        rows.write(() -> jdbc.sql("delete from orders.settlement where order_id = any(?)")
                .param(orders.stream().map(OrderId::value).toArray(UUID[]::new))
                .update());
    }

    @Override
    public void handBack(Collection<Open> taken) {
        rows.write(() -> jdbc.sql("""
            update orders.settlement s set due_at = now()
            from unnest(?, ?) as taken (order_id, attempts)
            where s.order_id = taken.order_id and s.attempts = taken.attempts + 1
            """)
                .param(taken.stream().map(open -> open.order().value()).toArray(UUID[]::new))
                .param(taken.stream().map(Open::attempts).toArray(Integer[]::new))
                .update());
    }

    @Override
    public void postpone(OrderId order, Duration delay) {
        rows.write(
                () -> jdbc.sql("update orders.settlement set due_at = now() + :delay * interval '1 ms' where order_id ="
                                + " :order")
                        .param("delay", delay.toMillis())
                        .param("order", order.value())
                        .update());
    }
}
