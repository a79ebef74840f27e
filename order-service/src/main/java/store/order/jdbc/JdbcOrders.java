package store.order.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.encrypt.AesGcmBytesEncryptor;
import org.springframework.security.crypto.encrypt.BytesEncryptor;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.IdempotencyKey;
import store.order.KeyedOrder;
import store.order.Lease;
import store.order.Lease.Actor;
import store.order.LeasedOrder;
import store.order.Money;
import store.order.NewOrder;
import store.order.Order;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders;
import store.order.Reason;
import store.order.Settlement;
import store.order.Status;
import store.order.StoredAnswer;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Each change is one statement, which is one transaction: the row, its audit and what remains to be settled, or nothing. So a change
 * costs one round trip, and no lock is held while this process could die.
 */
final class JdbcOrders implements Orders {

    private static final TypeReference<List<OrderLine>> LINES = new TypeReference<>() {};

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final BytesEncryptor cards;

    JdbcOrders(JdbcClient jdbc, JsonMapper json, SecretKey cardKey) {
        this.jdbc = jdbc;
        this.json = json;
        this.cards = AesGcmBytesEncryptor.withSecretKey(cardKey).build();
    }

    @Override
    public Optional<LeasedOrder> insert(NewOrder order, Duration lease) {
        return write(() -> jdbc.sql("""
            with placed as (
                insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines,
                    expected_amount, expected_currency, card_token, status, reason, lease_actor, lease_until, due_at)
                values (:id, :customer, :key, :fingerprint, cast(:lines as jsonb),
                    :expectedAmount, :expectedCurrency, :card, 'PENDING', 'AWAITING_STOCK', 'REQUEST',
                    now() + :lease * interval '1 ms', now() + :lease * interval '1 ms')
                on conflict (customer_id, idempotency_key) do nothing
                returning *
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
                select id, 'CHANGED', status, reason, lease_actor, lease_token from placed
            )
            select *, clock_timestamp() as leased_at from placed
            """)
                .param("id", order.id().value())
                .param("customer", order.customer().value())
                .param("key", order.key().value())
                .param("fingerprint", order.fingerprint())
                .param("lines", json.writeValueAsString(order.lines()))
                .param("expectedAmount", order.expectedTotal().amount())
                .param("expectedCurrency", order.expectedTotal().currency())
                .param("card", cards.encrypt(order.card().value().getBytes(StandardCharsets.UTF_8)))
                .param("lease", lease.toMillis())
                .query(this::leasedOrder)
                .optional());
    }

    @Override
    public Optional<KeyedOrder> findByKey(CustomerId customer, IdempotencyKey key) {
        return write(() -> jdbc.sql("""
            select *, coalesce(lease_actor = 'REQUEST' and lease_until > now(), false) as leased_to_request
            from orders.orders where customer_id = :customer and idempotency_key = :key
            """)
                .param("customer", customer.value())
                .param("key", key.value())
                .query((row, number) -> new KeyedOrder(
                        order(row, number), row.getBytes("fingerprint"), row.getBoolean("leased_to_request")))
                .optional());
    }

    @Override
    public Optional<Order> find(OrderId id) {
        return write(() -> jdbc.sql("select * from orders.orders where id = ?")
                .param(id.value())
                .query(this::order)
                .optional());
    }

    @Override
    public Optional<Order> find(CustomerId customer, OrderId id) {
        return find(id).filter(order -> order.customer().equals(customer));
    }

    @Override
    public List<Order> list(CustomerId customer, @Nullable OrderId after, int limit) {
        return write(() -> jdbc.sql("""
            select * from orders.orders
            where customer_id = :customer and (cast(:after as uuid) is null or id < cast(:after as uuid))
            order by id desc limit :limit
            """)
                .param("customer", customer.value())
                .param("after", after == null ? null : after.value(), Types.OTHER)
                .param("limit", limit)
                .query(this::order)
                .list());
    }

    @Override
    public List<LeasedOrder> claimDue(int limit, Duration lease) {
        return write(() -> jdbc.sql("""
            update orders.orders o
            set lease_token = lease_token + 1, lease_actor = 'RECOVERY', attempts = attempts + 1,
                lease_until = now() + :lease * interval '1 ms', due_at = now() + :lease * interval '1 ms'
            from (
                select id from orders.orders
                where status in ('PENDING', 'CANCELLING') and due_at <= now()
                    and (lease_until is null or lease_until <= now())
                order by due_at limit :limit
                for update skip locked
            ) due
            where o.id = due.id
            returning o.*, clock_timestamp() as leased_at
            """)
                .param("lease", lease.toMillis())
                .param("limit", limit)
                .query(this::leasedOrder)
                .list());
    }

    @Override
    public Optional<LeasedOrder> cancel(CustomerId customer, OrderId id, Duration lease) {
        return write(() -> jdbc.sql("""
            with cancelling as (
                update orders.orders
                set status = 'CANCELLING', reason = 'CUSTOMER', card_token = null,
                    updated_at = greatest(updated_at, date_trunc('milliseconds', now())),
                    lease_token = lease_token + 1, lease_actor = 'CUSTOMER',
                    lease_until = now() + :lease * interval '1 ms', due_at = now() + :lease * interval '1 ms'
                where id = :id and customer_id = :customer and status = 'PENDING'
                returning *
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
                select id, 'CHANGED', status, reason, lease_actor, lease_token from cancelling
            )
            select *, clock_timestamp() as leased_at from cancelling
            """)
                .param("id", id.value())
                .param("customer", customer.value())
                .param("lease", lease.toMillis())
                .query(this::leasedOrder)
                .optional());
    }

    @Override
    public boolean noteCancelWish(CustomerId customer, OrderId id) {
        return write(() -> jdbc.sql("""
            with wished as (
                update orders.orders set cancel_wished = true
                where id = :id and customer_id = :customer and status = 'NEEDS_ATTENTION'
                returning *
            )
            insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
            select id, 'CANCEL_WISHED', status, reason, 'CUSTOMER', lease_token from wished
            """)
                        .param("id", id.value())
                        .param("customer", customer.value())
                        .update())
                == 1;
    }

    @Override
    public boolean advance(LeasedOrder from, Order next) {
        return change(from, next, true, Duration.ZERO, null);
    }

    @Override
    public boolean park(LeasedOrder from, Order next, Duration delay) {
        return change(from, next, false, delay, null);
    }

    @Override
    public boolean conclude(LeasedOrder from, Order next, @Nullable Settlement settlement) {
        return change(from, next, false, Duration.ZERO, settlement);
    }

    /** The audit gets a row only where status or reason change; parking an order again as it was is no news. */
    private boolean change(
            LeasedOrder from, Order next, boolean keepLease, Duration delay, @Nullable Settlement settlement) {
        var before = from.order();
        var total = next.total();
        var answer = next.answer();
        return write(() -> jdbc.sql("""
            with changed as (
                update orders.orders
                set status = :status, reason = :reason, lines = cast(:lines as jsonb),
                    total_amount = :totalAmount, total_currency = :totalCurrency,
                    answer_status = :answerStatus, answer_body = :answerBody, updated_at = :updatedAt,
                    card_token = case when :status in ('PENDING', 'NEEDS_ATTENTION') then card_token end,
                    attention_from = case when :status = 'NEEDS_ATTENTION' then status end,
                    lease_actor = case when :keepLease then lease_actor end,
                    lease_until = case when :keepLease then lease_until end,
                    due_at = case when :keepLease then due_at else now() + :delay * interval '1 ms' end
                where id = :id and lease_token = :leaseToken and status = :statusBefore
                returning id
            ), to_settle as (
                insert into orders.settlement (order_id, settlement)
                select id, cast(:settlement as text) from changed where cast(:settlement as text) is not null
            ), audited as (
                insert into orders.order_audit (order_id, event, status, reason, actor, lease_token)
                select id, 'CHANGED', :status, :reason, :actor, :leaseToken from changed where :news
            )
            select count(*) from changed
            """)
                        .param("id", before.id().value())
                        .param("leaseToken", from.lease().token())
                        .param("statusBefore", before.status().name())
                        .param("status", next.status().name())
                        .param("reason", name(next.reason()), Types.VARCHAR)
                        .param("lines", json.writeValueAsString(next.lines()))
                        .param("totalAmount", total == null ? null : total.amount(), Types.BIGINT)
                        .param("totalCurrency", total == null ? null : total.currency(), Types.VARCHAR)
                        .param("answerStatus", answer == null ? null : answer.status(), Types.INTEGER)
                        .param("answerBody", answer == null ? null : answer.body(), Types.BINARY)
                        .param("updatedAt", Timestamp.from(next.updatedAt()))
                        .param("keepLease", keepLease)
                        .param("delay", delay.toMillis())
                        .param("settlement", name(settlement), Types.VARCHAR)
                        .param("actor", from.lease().actor().name())
                        .param("news", next.status() != before.status() || next.reason() != before.reason())
                        .query(Integer.class)
                        .single())
                == 1;
    }

    @Override
    public void noteFencedOff(LeasedOrder from, Order next) {
        write(() -> jdbc.sql("""
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

    /** Without a connection nothing happened; with one, a failure may hide a commit. */
    private static <T> T write(Supplier<T> statement) {
        try {
            return statement.get();
        } catch (CannotGetJdbcConnectionException e) {
            throw new NotRecorded(e);
        } catch (DataAccessException e) {
            throw new RecordingUnknown(e);
        }
    }

    private LeasedOrder leasedOrder(ResultSet row, int number) throws SQLException {
        var card = row.getBytes("card_token");
        return new LeasedOrder(
                order(row, number),
                card == null ? null : new CardToken(new String(cards.decrypt(card), StandardCharsets.UTF_8)),
                new Lease(
                        row.getLong("lease_token"),
                        Actor.valueOf(row.getString("lease_actor")),
                        instant(row, "leased_at"),
                        System.nanoTime()),
                row.getInt("attempts"));
    }

    private Order order(ResultSet row, int number) throws SQLException {
        var total = row.getString("total_currency");
        var reason = row.getString("reason");
        var answer = row.getBytes("answer_body");
        return new Order(
                new OrderId(row.getObject("id", UUID.class)),
                new CustomerId(row.getObject("customer_id", UUID.class)),
                json.readValue(row.getString("lines"), LINES),
                new Money(row.getLong("expected_amount"), row.getString("expected_currency")),
                total == null ? null : new Money(row.getLong("total_amount"), total),
                Status.valueOf(row.getString("status")),
                reason == null ? null : Reason.valueOf(reason),
                instant(row, "created_at"),
                instant(row, "updated_at"),
                answer == null ? null : new StoredAnswer(row.getInt("answer_status"), answer));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static @Nullable String name(@Nullable Enum<?> value) {
        return value == null ? null : value.name();
    }
}
