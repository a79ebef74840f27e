package store.order.jdbc;

import static store.order.jdbc.OrderRows.name;

import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.order.CustomerId;
import store.order.IdempotencyKey;
import store.order.KeyedOrder;
import store.order.LeasedOrder;
import store.order.NewOrder;
import store.order.Order;
import store.order.OrderId;
import store.order.Orders;
import store.order.Settlement;

/**
 * Each change is one statement, which is one transaction: the row, its audit and its settlement, or nothing. So a
 * change costs one round trip, and no lock is held while this process could die.
 */
final class JdbcOrders implements Orders {

    /** A leased order is due when its lease ends, so an order that is due has no holder. */
    private static final String FREE = "due_at <= now()";

    /** The orders that recovery may take up. */
    private static final String DUE = "status in ('PENDING', 'CANCELLING') and not (id = any(:stuck)) and " + FREE;

    /** More broken rows than this come from one defect, which an operator is working on. */
    private static final int MOST_STUCK = 1000;

    /** An order whose card only another instance can open is left to that instance. */
    private static final String FOR_US = "and (status = 'CANCELLING' or key_id is null or key_id in (:keys))";

    private static final Logger log = LoggerFactory.getLogger(JdbcOrders.class);

    private final JdbcClient jdbc;
    private final OrderRows rows;

    /** Orders that this process could neither take up nor set aside: they must not hold up the others. */
    private final Set<UUID> stuck = ConcurrentHashMap.newKeySet();

    JdbcOrders(JdbcClient jdbc, OrderRows rows) {
        this.jdbc = jdbc;
        this.rows = rows;
    }

    @Override
    public Optional<LeasedOrder> insert(NewOrder order, Duration lease) {
        return rows.write(() -> jdbc.sql("""
            with placed as (
                insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines,
                    expected_amount, expected_currency, card_token, key_id, status, reason, lease_actor, lease_until, due_at)
                values (:id, :customer, :key, :fingerprint, cast(:lines as jsonb),
                    :expectedAmount, :expectedCurrency, :card, :keyId, 'PENDING', 'AWAITING_STOCK', 'REQUEST',
                    now() + :lease * interval '1 ms', now() + :lease * interval '1 ms')
                on conflict (customer_id, idempotency_key) do nothing
                returning *
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
                select id, 'CHANGED', status, reason, lease_actor, lease_token from placed
            )
            select * from placed
            """)
                .param("id", order.id().value())
                .param("customer", order.customer().value())
                .param("key", order.key().value())
                .param("fingerprint", order.fingerprint())
                .param("lines", rows.lines(order.lines()))
                .param("expectedAmount", order.expectedTotal().amount())
                .param("expectedCurrency", order.expectedTotal().currency())
                .param("card", rows.card(order.card()))
                .param("keyId", rows.currentKey())
                .param("lease", lease.toMillis())
                .query(rows::leasedOrder)
                .optional());
    }

    @Override
    public Optional<KeyedOrder> findByKey(CustomerId customer, IdempotencyKey key) {
        return rows.write(() -> jdbc.sql("""
            select *, coalesce(lease_actor = 'REQUEST' and lease_until > now(), false) as leased_to_request
            from orders.orders where customer_id = :customer and idempotency_key = :key
            """)
                .param("customer", customer.value())
                .param("key", key.value())
                .query((row, number) -> new KeyedOrder(
                        rows.known(row, number),
                        row.getBytes("fingerprint"),
                        row.getString("key_id"),
                        row.getBoolean("leased_to_request")))
                .optional());
    }

    @Override
    public Optional<Order> find(OrderId id) {
        return rows.write(() -> jdbc.sql("select * from orders.orders where id = ?")
                .param(id.value())
                .query(rows::order)
                .optional());
    }

    @Override
    public Optional<Order> find(CustomerId customer, OrderId id) {
        return find(id).filter(order -> order.customer().equals(customer));
    }

    @Override
    public List<Order> list(CustomerId customer, @Nullable OrderId after, int limit) {
        return rows.write(() -> jdbc.sql("""
            select * from orders.orders
            where customer_id = :customer and (cast(:after as uuid) is null or id < cast(:after as uuid))
            order by id desc limit :limit
            """)
                .param("customer", customer.value())
                .param("after", after == null ? null : after.value(), Types.OTHER)
                .param("limit", limit)
                .query(rows::order)
                .list());
    }

    @Override
    public List<LeasedOrder> claimDue(int limit, Duration lease) {
        try {
            return claim(limit, lease, "");
        } catch (WriteRefused e) {
            // One row that cannot be written holds up its whole batch.
            return claimOneByOne(limit, lease);
        }
    }

    private List<LeasedOrder> claimOneByOne(int limit, Duration lease) {
        var due = rows.write(() -> jdbc.sql(
                        "select id from orders.orders where %s %s order by due_at limit :limit".formatted(DUE, FOR_US))
                .param("limit", limit)
                .param("keys", rows.keys())
                .param("stuck", stuck())
                .query(UUID.class)
                .list());
        var claimed = new ArrayList<LeasedOrder>();
        for (var id : due) {
            try {
                claimed.addAll(claim(1, lease, "and id = '" + id + "'"));
            } catch (WriteRefused e) {
                setAsideIfPossible(id, FREE, String.valueOf(e.getMessage()));
            } catch (NotRecorded | RecordingUnknown e) {
                return claimed; // the database cannot be reached; the orders claimed so far must not be lost
            }
        }
        return claimed;
    }

    private UUID[] stuck() {
        return stuck.toArray(UUID[]::new);
    }

    private void setAsideIfPossible(UUID order, String condition, String why) {
        try {
            setAside(order, condition, why);
        } catch (WriteRefused e) {
            if (stuck.size() < MOST_STUCK && stuck.add(order)) {
                log.error(
                        "order {} can be neither taken up nor set aside: {}; this process leaves it alone, the others"
                                + " go on",
                        order,
                        e.getMessage());
            }
        } catch (NotRecorded | RecordingUnknown e) {
            log.warn("order {}: {}; it is set aside when it is due again", order, e.getMessage());
        }
    }

    private List<LeasedOrder> claim(int limit, Duration lease, String only) {
        var unreadable = new ArrayList<Unreadable>();
        var claimed = rows.write(() -> jdbc.sql("""
            update orders.orders o
            set lease_token = lease_token + 1, lease_actor = 'RECOVERY', attempts = attempts + 1,
                lease_until = now() + :lease * interval '1 ms', due_at = now() + :lease * interval '1 ms'
            from (
                select id from orders.orders where %s %s %s
                order by due_at limit :limit
                for update skip locked
            ) due
            where o.id = due.id
            returning o.*
            """.formatted(DUE, FOR_US, only))
                .param("lease", lease.toMillis())
                .param("limit", limit)
                .param("keys", rows.keys())
                .param("stuck", stuck())
                .query((row, number) -> {
                    try {
                        return Optional.of(rows.leasedOrder(row, number));
                    } catch (OrderRows.Unreadable e) {
                        unreadable.add(new Unreadable(row.getObject("id", UUID.class), row.getLong("lease_token"), e));
                        return Optional.<LeasedOrder>empty();
                    }
                })
                .list());
        unreadable.forEach(row -> setAsideIfPossible(
                row.order(),
                "lease_token = " + row.leaseToken(),
                String.valueOf(row.why().getMessage())));
        return claimed.stream().flatMap(Optional::stream).toList();
    }

    private record Unreadable(UUID order, long leaseToken, OrderRows.Unreadable why) {}

    /** Changes only the columns that it must, because the row is broken. */
    private void setAside(UUID order, String condition, String why) {
        rows.write(() -> jdbc.sql("""
            with changed as (
                update orders.orders
                set status = 'NEEDS_ATTENTION', reason = 'CONTRADICTION', lease_actor = null, lease_until = null,
                    updated_at = greatest(updated_at, date_trunc('milliseconds', now()))
                where id = :id and %s and status in ('PENDING', 'CANCELLING')
                returning *
            )
            insert into orders.order_audit (order_id, event, status, reason, actor, lease_token, note)
            select id, 'CHANGED', status, reason, 'RECOVERY', lease_token, :note from changed
            """.formatted(condition))
                .param("id", order)
                .param("note", why)
                .update());
        log.error("order {} needs an operator: {}", order, why);
    }

    @Override
    public Optional<LeasedOrder> cancel(CustomerId customer, OrderId id, Duration lease) {
        return rows.write(() -> jdbc.sql("""
            with given_up as (
                update orders.orders
                set status = case status when 'PENDING' then 'CANCELLING' else status end,
                    reason = case status when 'PENDING' then 'CUSTOMER' else reason end,
                    given_up_for = 'CUSTOMER', card_token = null,
                    updated_at = greatest(updated_at, date_trunc('milliseconds', now())),
                    lease_token = lease_token + 1, lease_actor = 'CUSTOMER',
                    lease_until = now() + :lease * interval '1 ms', due_at = now() + :lease * interval '1 ms'
                where id = :id and customer_id = :customer and status in ('PENDING', 'NEEDS_ATTENTION')
                    and given_up_for is null
                returning *
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
                select id, case status when 'CANCELLING' then 'CHANGED' else 'CANCEL_WISHED' end, status, reason,
                    lease_actor, lease_token
                from given_up
            )
            select * from given_up
            """)
                .param("id", id.value())
                .param("customer", customer.value())
                .param("lease", lease.toMillis())
                .query(rows::leasedOrder)
                .optional());
    }

    @Override
    public boolean advance(LeasedOrder from, Order next) {
        return change(from, next, new Change(true, Duration.ZERO, null, null));
    }

    @Override
    public boolean park(LeasedOrder from, Order next, Duration delay) {
        return change(from, next, new Change(false, delay, null, null));
    }

    @Override
    public boolean setAside(LeasedOrder from, Order next, String why) {
        return change(from, next, new Change(false, Duration.ZERO, null, why));
    }

    @Override
    public boolean conclude(LeasedOrder from, Order next, @Nullable Settlement settlement) {
        return change(from, next, new Change(false, Duration.ZERO, settlement, null));
    }

    /**
     * The rest of a change, besides the order itself.
     *
     * @param delay how long recovery leaves the order alone, once its lease is given back
     * @param settlement to be recorded as open
     * @param note for the audit
     */
    private record Change(
            boolean keepsLease,
            Duration delay,
            @Nullable Settlement settlement,
            @Nullable String note) {}

    /** The audit gets a row only if status or reason change, so not for an order that is parked again as it was. */
    private boolean change(LeasedOrder from, Order next, Change change) {
        var before = from.order();
        var total = next.total();
        var answer = next.answer();
        return rows.write(() -> jdbc.sql("""
            with changed as (
                update orders.orders
                set status = :status, reason = :reason, lines = coalesce(cast(:lines as jsonb), lines),
                    total_amount = :totalAmount, total_currency = :totalCurrency,
                    answer_status = :answerStatus, answer_body = :answerBody, updated_at = :updatedAt,
                    card_token = case when :status in ('PENDING', 'NEEDS_ATTENTION') then card_token end,
                    given_up_for = case when :status = 'CANCELLING' then :reason else given_up_for end,
                    lease_actor = case when :keepLease then lease_actor end,
                    lease_until = case when :keepLease then lease_until end,
                    due_at = case when :keepLease then due_at else now() + :delay * interval '1 ms' end
                where id = :id and lease_token = :leaseToken and status = :statusBefore
                returning id
            ), to_settle as (
                insert into orders.settlement (order_id, settlement, of_request)
                select id, cast(:settlement as text), :actor = 'REQUEST' from changed where cast(:settlement as text) is not null
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token, note)
                select id, 'CHANGED', :status, :reason, :actor, :leaseToken, :note from changed where :news
            )
            select count(*) from changed
            """)
                        .param("id", before.id().value())
                        .param("leaseToken", from.lease().token())
                        .param("statusBefore", before.status().name())
                        .param("status", next.status().name())
                        .param("reason", name(next.reason()), Types.VARCHAR)
                        // Unchanged lines stay as they are written, with fields that this version may not know.
                        .param(
                                "lines",
                                next.lines().equals(before.lines()) ? null : rows.lines(next.lines()),
                                Types.VARCHAR)
                        .param("totalAmount", total == null ? null : total.amount(), Types.BIGINT)
                        .param("totalCurrency", total == null ? null : total.currency(), Types.VARCHAR)
                        .param("answerStatus", answer == null ? null : answer.status(), Types.INTEGER)
                        .param("answerBody", answer == null ? null : answer.body(), Types.BINARY)
                        .param("updatedAt", Timestamp.from(next.updatedAt()))
                        .param("keepLease", change.keepsLease())
                        .param("delay", change.delay().toMillis())
                        .param("settlement", name(change.settlement()), Types.VARCHAR)
                        .param("actor", from.lease().actor().name())
                        .param("note", change.note(), Types.VARCHAR)
                        .param("news", next.status() != before.status() || next.reason() != before.reason())
                        .query(Integer.class)
                        .single())
                == 1;
    }

    @Override
    public void handBack(Collection<LeasedOrder> held) {
        rows.write(() -> jdbc.sql("""
            update orders.orders o set lease_actor = null, lease_until = null, due_at = now()
            from unnest(?, ?) as held (id, lease_token)
            where o.id = held.id and o.lease_token = held.lease_token and o.lease_until is not null
                and o.status in ('PENDING', 'CANCELLING')
            """)
                .param(held.stream().map(leased -> leased.order().id().value()).toArray(UUID[]::new))
                .param(held.stream().map(leased -> leased.lease().token()).toArray(Long[]::new))
                .update());
    }

    @Override
    public void noteFencedOff(LeasedOrder from, Order next) {
        rows.write(() -> jdbc.sql("""
            insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
            values (:id, 'FENCED_OFF', :status, :reason, :actor, :leaseToken)
            """)
                .param("id", next.id().value())
                .param("status", next.status().name())
                .param("reason", name(next.reason()), Types.VARCHAR)
                .param("actor", from.lease().actor().name())
                .param("leaseToken", from.lease().token())
                .update());
    }
}
