package store.payment.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.DeclineReason;
import store.payment.Money;
import store.payment.OrderId;
import store.payment.Payment;
import store.payment.Payments;

/** Each act is one statement, and so one round trip and one transaction. A trigger writes the audit. */
final class JdbcPayments implements Payments {

    private static final String BEGIN = """
        insert into payments.payment (order_id, state, acquirer, acquirer_key, amount, currency, fingerprint, token,
            first_sent_at, last_sent_at, attempt, due_at)
        values (:orderId, 'PENDING', :acquirer, :key, :amount, :currency, :fingerprint, :token,
            case when :sending then now() end, case when :sending then now() end, 1,
            now() + :lease * interval '1 millisecond')
        on conflict (order_id) do nothing
        returning *
        """;

    private static final String KNOWN = """
        select *, coalesce((amount, currency, fingerprint) = (:amount, :currency, :fingerprint), true) as same
        from payments.payment where order_id = :orderId
        """;

    private static final String BEGIN_VOID = """
        insert into payments.payment as known (order_id, state, acquirer, acquirer_key, attempt, due_at)
        values (:orderId, 'VOIDING', :acquirer, :key, 1, now() + :lease * interval '1 millisecond')
        on conflict (order_id) do update
        set state = 'VOIDING', token = null, attempt = known.attempt + 1, due_at = excluded.due_at, updated_at = now()
        where known.state in ('PENDING', 'CAPTURED')
        returning *
        """;

    private static final String CLAIM_DUE = """
        with due as materialized (
            select order_id from payments.payment where due_at <= now() and acquirer = :acquirer
            order by due_at limit :limit for update skip locked
        )
        update payments.payment as claimed
        set attempt = attempt + 1, due_at = now() + :lease * interval '1 millisecond', updated_at = now()
        from due
        where claimed.order_id = due.order_id
        returning claimed.*
        """;

    private static final String MARK_SENT = """
        update payments.payment
        set first_sent_at = coalesce(first_sent_at, now()), last_sent_at = now(), updated_at = now()
        where order_id = :orderId and state = 'PENDING' and attempt = :attempt
        returning token
        """;

    private static final String SETTLE = """
        with settled as (
            update payments.payment
            set state = :to, decline_reason = :declineReason, token = null,
                due_at = case when :to = 'VOIDING' then now() end, updated_at = now()
            where order_id = :orderId and state = :from and attempt = :attempt
            returning *
        ), moved as (
            select movement.* from settled, jsonb_to_recordset(cast(:movements as jsonb)) as movement %s
        ), %s
        select * from settled
        """.formatted(JdbcLedger.MOVEMENT, JdbcLedger.BOOKING);

    // An attempt that marked the only send has the same first and last: then certainly nothing is on its way.
    private static final String POSTPONE = """
        update payments.payment
        set due_at = now() + :delay * interval '1 millisecond', updated_at = now(),
            first_sent_at = case when :notSent and first_sent_at = last_sent_at then null else first_sent_at end,
            last_sent_at = case when :notSent and first_sent_at = last_sent_at then null else last_sent_at end
        where order_id = :orderId and state = :from and attempt = :attempt
        returning *
        """;

    private final JdbcClient jdbc;
    private final CardTokens tokens;

    JdbcPayments(JdbcClient jdbc, CardTokens tokens) {
        this.jdbc = jdbc;
        this.tokens = tokens;
    }

    @Override
    public Beginning begin(AcquirerKey key, Money amount, CardToken token, boolean sending, Duration lease) {
        var fingerprint = tokens.fingerprint(key.orderId(), token);
        return on(BEGIN, key)
                .param("amount", amount.amount())
                .param("currency", amount.currency())
                .param("fingerprint", fingerprint)
                .param("token", tokens.encrypt(token))
                .param("sending", sending)
                .param("lease", lease.toMillis())
                .query((row, _) -> payment(row))
                .optional()
                .<Beginning>map(Beginning.Begun::new)
                .orElseGet(() -> known(key.orderId(), amount, fingerprint));
    }

    private Beginning known(OrderId orderId, Money amount, byte[] fingerprint) {
        return jdbc.sql(KNOWN)
                .param("orderId", orderId.value())
                .param("amount", amount.amount())
                .param("currency", amount.currency())
                .param("fingerprint", fingerprint)
                .<Beginning>query((row, _) ->
                        row.getBoolean("same") ? new Beginning.Known(payment(row)) : new Beginning.Contradicted())
                .single();
    }

    @Override
    public Optional<Payment> beginVoid(AcquirerKey key, Duration lease) {
        return on(BEGIN_VOID, key)
                .param("lease", lease.toMillis())
                .query((row, _) -> payment(row))
                .optional();
    }

    @Override
    public Optional<Payment> find(OrderId orderId) {
        return jdbc.sql("select * from payments.payment where order_id = ?")
                .param(orderId.value())
                .query((row, _) -> payment(row))
                .optional();
    }

    @Override
    public List<Payment> claimDue(String acquirer, int limit, Duration lease) {
        return jdbc.sql(CLAIM_DUE)
                .param("acquirer", acquirer)
                .param("limit", limit)
                .param("lease", lease.toMillis())
                .query((row, _) -> payment(row))
                .list();
    }

    @Override
    public Optional<CardToken> markSent(Payment held) {
        return on(MARK_SENT, held)
                .query((row, _) -> tokens.decrypt(row.getBytes("token")))
                .optional();
    }

    @Override
    public Optional<Payment> settle(Payment held, Settlement settlement) {
        var reason = settlement.declineReason();
        return on(SETTLE, held)
                .param("from", held.state().name())
                .param("to", settlement.state().name())
                .param("declineReason", reason == null ? null : reason.name())
                .param("movements", JdbcLedger.json(settlement.movements()))
                .query((row, _) -> payment(row))
                .optional();
    }

    @Override
    public Optional<Payment> postpone(Payment held, Duration delay, boolean certainlyNotSent) {
        return on(POSTPONE, held)
                .param("from", held.state().name())
                .param("delay", delay.toMillis())
                .param("notSent", certainlyNotSent)
                .query((row, _) -> payment(row))
                .optional();
    }

    private JdbcClient.StatementSpec on(String sql, AcquirerKey key) {
        return jdbc.sql(sql)
                .param("orderId", key.orderId().value())
                .param("acquirer", key.acquirer())
                .param("key", key.toString());
    }

    private JdbcClient.StatementSpec on(String sql, Payment held) {
        return jdbc.sql(sql).param("orderId", held.orderId().value()).param("attempt", held.attempt());
    }

    private static Payment payment(ResultSet row) throws SQLException {
        var currency = row.getString("currency");
        var reason = row.getString("decline_reason");
        return new Payment(
                new AcquirerKey(row.getString("acquirer"), OrderId.of(row.getString("order_id"))),
                Payment.State.valueOf(row.getString("state")),
                currency == null ? null : new Money(row.getLong("amount"), currency),
                reason == null ? null : DeclineReason.valueOf(reason),
                instant(row, "first_sent_at"),
                instant(row, "last_sent_at"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getLong("attempt"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }
}
