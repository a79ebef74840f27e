package store.order.jdbc;

import static store.order.jdbc.OrderRows.instant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.order.Dossiers;
import store.order.Lease.Actor;
import store.order.LeasedOrder;
import store.order.Money;
import store.order.OrderId;
import store.order.Reason;
import store.order.Settlement;
import store.order.Status;

/** Reads no more of a row than it must, so that a broken row is shown too. Each change is one statement. */
final class JdbcDossiers implements Dossiers {

    private final JdbcClient jdbc;
    private final OrderRows rows;

    JdbcDossiers(JdbcClient jdbc, OrderRows rows) {
        this.jdbc = jdbc;
        this.rows = rows;
    }

    @Override
    public List<Summary> open(Duration overdue, int limit) {
        return rows.write(() -> jdbc.sql("""
            select o.*, a.note
            from (
                select * from orders.orders where status = 'NEEDS_ATTENTION'
                union all
                select * from orders.orders
                where status in ('PENDING', 'CANCELLING') and created_at < now() - :overdue * interval '1 ms'
            ) o
            left join lateral (
                select note from orders.order_audit where order_id = o.id and note is not null order by seq desc limit 1
            ) a on true
            order by (o.status <> 'NEEDS_ATTENTION'), o.created_at limit :limit
            """)
                .param("overdue", overdue.toMillis())
                .param("limit", limit)
                .query((row, _) -> new Summary(
                        row.getObject("id", UUID.class),
                        Status.valueOf(row.getString("status")),
                        reason(row, "reason"),
                        instant(row, "created_at"),
                        instant(row, "updated_at"),
                        row.getInt("attempts"),
                        row.getString("note")))
                .list());
    }

    @Override
    public int needingAttention() {
        return rows.write(() -> jdbc.sql("select count(*) from orders.orders where status = 'NEEDS_ATTENTION'")
                .query(Integer.class)
                .single());
    }

    @Override
    public Optional<Dossier> find(OrderId id) {
        return rows.write(() -> {
            var history = history(id);
            return jdbc.sql("""
                select o.*, s.settlement from orders.orders o left join orders.settlement s on s.order_id = o.id
                where o.id = ?
                """)
                    .param(id.value())
                    .query((row, _) -> dossier(row, history))
                    .optional();
        });
    }

    private List<Entry> history(OrderId id) {
        return jdbc.sql("select * from orders.order_audit where order_id = ? order by seq")
                .param(id.value())
                .query((row, _) -> new Entry(
                        instant(row, "at"),
                        row.getString("event"),
                        Status.valueOf(row.getString("status")),
                        reason(row, "reason"),
                        Actor.valueOf(row.getString("actor")),
                        row.getLong("lease_token"),
                        row.getString("note")))
                .list();
    }

    @Override
    public Optional<Status> retry(OrderId id, @Nullable String why) {
        return rows.write(() -> jdbc.sql("""
            with retried as (
                update orders.orders
                set status = case when given_up_for is null then 'PENDING' else 'CANCELLING' end,
                    reason = coalesce(given_up_for,
                        case when total_amount is null then 'AWAITING_STOCK' else 'AWAITING_PAYMENT' end),
                    updated_at = greatest(updated_at, date_trunc('milliseconds', now())),
                    lease_token = lease_token + 1, lease_actor = null, lease_until = null, attempts = 0, due_at = now()
                where id = :id and status = 'NEEDS_ATTENTION'
                returning *
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token, note)
                select id, 'CHANGED', status, reason, 'OPERATOR', lease_token, :why from retried
            )
            select status from retried
            """)
                .param("id", id.value())
                .param("why", why, Types.VARCHAR)
                .query((row, _) -> Status.valueOf(row.getString("status")))
                .optional());
    }

    @Override
    public Optional<LeasedOrder> giveUp(OrderId id, String why, Duration lease) {
        return lease(id, why, lease, """
            set status = 'CANCELLING', reason = coalesce(given_up_for, 'PATIENCE'),
                given_up_for = coalesce(given_up_for, 'PATIENCE'), card_token = null, attempts = 0,
                updated_at = greatest(updated_at, date_trunc('milliseconds', now())),
            """, "", "CHANGED");
    }

    @Override
    public Optional<LeasedOrder> take(OrderId id, String why, Duration lease) {
        return lease(id, why, lease, "set", "and given_up_for is null", "RESOLVING");
    }

    private Optional<LeasedOrder> lease(
            OrderId id, String why, Duration lease, String change, String condition, String event) {
        return rows.write(() -> jdbc.sql("""
            with taken as (
                update orders.orders %s
                    lease_token = lease_token + 1, lease_actor = 'OPERATOR',
                    lease_until = now() + :lease * interval '1 ms', due_at = now() + :lease * interval '1 ms'
                where id = :id and status = 'NEEDS_ATTENTION' %s
                returning *
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token, note)
                select id, :event, status, reason, lease_actor, lease_token, :why from taken
            )
            select * from taken
            """.formatted(change, condition))
                .param("id", id.value())
                .param("why", why)
                .param("event", event)
                .param("lease", lease.toMillis())
                .query(rows::leasedOrder)
                .optional());
    }

    /** If another holder has the order by now, it stays so; the failed attempt is recorded in any case. */
    @Override
    public void refuse(LeasedOrder taken, String why) {
        rows.write(() -> jdbc.sql("""
            with returned as (
                update orders.orders set lease_actor = null, lease_until = null
                where id = :id and lease_token = :leaseToken and status = 'NEEDS_ATTENTION'
            )
            insert into orders.order_audit (order_id, event, status, reason, actor, lease_token, note)
            select id, 'RESOLVE_REFUSED', status, reason, 'OPERATOR', :leaseToken, :why from orders.orders where id = :id
            """)
                .param("id", taken.order().id().value())
                .param("leaseToken", taken.lease().token())
                .param("why", why)
                .update());
    }

    private Dossier dossier(ResultSet row, List<Entry> history) throws SQLException {
        var total = row.getString("total_currency");
        var settlement = row.getString("settlement");
        return new Dossier(
                row.getObject("id", UUID.class),
                row.getObject("customer_id", UUID.class),
                Status.valueOf(row.getString("status")),
                reason(row, "reason"),
                rows.linesIfReadable(row.getString("lines")),
                new Money(row.getLong("expected_amount"), row.getString("expected_currency")),
                total == null ? null : new Money(row.getLong("total_amount"), total),
                reason(row, "given_up_for"),
                row.getInt("attempts"),
                instant(row, "due_at"),
                settlement == null ? null : Settlement.valueOf(settlement),
                instant(row, "created_at"),
                instant(row, "updated_at"),
                history);
    }

    private static @Nullable Reason reason(ResultSet row, String column) throws SQLException {
        var reason = row.getString(column);
        return reason == null ? null : Reason.valueOf(reason);
    }
}
