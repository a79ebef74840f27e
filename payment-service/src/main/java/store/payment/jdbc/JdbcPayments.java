package store.payment.jdbc;

import static java.util.stream.Collectors.joining;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DataRetrievalFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.AcquirerKey;
import store.payment.AttemptSettings;
import store.payment.CardToken;
import store.payment.DeclineReason;
import store.payment.Money;
import store.payment.OrderId;
import store.payment.Payment;
import store.payment.Payments;
import store.payment.WriteRefused;
import store.resilience.KeyRing;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.json.JsonMapper;

/** Each method is one SQL statement, so one round trip and one transaction. A trigger writes the audit. */
final class JdbcPayments implements Payments {

    private static final String BEGIN = """
        insert into payments.payment (order_id, state, acquirer, acquirer_key, amount, currency, fingerprint, token, key_id,
            first_sent_at, last_sent_at, attempt, due_at)
        values (:orderId, 'PENDING', :acquirer, :key, :amount, :currency, :fingerprint, :token, :keyId,
            case when :sending then now() end, case when :sending then now() end, 1,
            now() + :lease * interval '1 millisecond')
        on conflict (order_id) do nothing
        returning *
        """;

    private static final String KNOWN = """
        select *, coalesce((amount, currency) = (:amount, :currency), true) as same_amount
        from payments.payment where order_id = :orderId
        """;

    private static final String BEGIN_VOID = """
        insert into payments.payment as known (order_id, state, void_wanted, acquirer, acquirer_key, attempt, due_at)
        values (:orderId, 'VOIDING', true, :acquirer, :key, 1, now() + :lease * interval '1 millisecond')
        on conflict (order_id) do update
        set state = 'VOIDING', void_wanted = true, token = null, attempt = known.attempt + 1, due_at = excluded.due_at,
            updated_at = now()
        where known.state in ('PENDING', 'CAPTURED', 'UNRECONCILED')
        returning *
        """;

    // No payment is made due later than the longest wait. One that is was written before the clock was set back: nobody
    // holds it any more.
    private static final String CLAIM_DUE = """
        with due as materialized (
            select order_id from payments.payment
            where due_at <= now() and acquirer = :acquirer and order_id <> all (cast(:refused as uuid[]))
                -- A payment whose card only another instance can decrypt is left to that instance.
                and (state <> 'PENDING' or key_id is null or key_id in (:keys))
            order by due_at limit :limit for update skip locked
        ), due_too_late as materialized (
            select order_id from payments.payment
            where due_at > now() + :longestWait * interval '1 millisecond' and acquirer = :acquirer
                and order_id <> all (cast(:refused as uuid[]))
                and (state <> 'PENDING' or key_id is null or key_id in (:keys))
            order by due_at limit :limit - (select count(*) from due) for update skip locked
        )
        update payments.payment as claimed
        set attempt = attempt + 1, due_at = now() + :lease * interval '1 millisecond', updated_at = now()
        from (select order_id from due union all select order_id from due_too_late) as taken
        where claimed.order_id = taken.order_id
        returning claimed.*
        """;

    private static final String DUE = """
        select order_id from payments.payment
        where (due_at <= now() or due_at > now() + :longestWait * interval '1 millisecond') and acquirer = :acquirer
            and order_id <> all (cast(:refused as uuid[]))
            and (state <> 'PENDING' or key_id is null or key_id in (:keys))
        order by due_at limit :limit
        """;

    private static final String CLAIM_ONE = """
        with due as materialized (
            select order_id from payments.payment
            where order_id = :orderId
                and (due_at <= now() or due_at > now() + :longestWait * interval '1 millisecond')
            for update skip locked
        )
        update payments.payment as claimed
        set attempt = attempt + 1, due_at = now() + :lease * interval '1 millisecond', updated_at = now()
        from due
        where claimed.order_id = due.order_id
        returning claimed.*
        """;

    /** With a batch every 200 ms, a payment whose takeover was refused is tried again after about 20 s. */
    private static final int CLAIMS_WITHOUT_THE_REFUSED = 100;

    // The clock may be set back, so a later send may have an earlier time; but two sends never have the same time.
    private static final String MARK_SENT = """
        update payments.payment
        set first_sent_at = coalesce(first_sent_at, now()),
            last_sent_at = case when first_sent_at = now() then now() + interval '1 microsecond' else now() end,
            updated_at = now()
        where order_id = :orderId and state = 'PENDING' and attempt = :attempt
        returning token, key_id
        """;

    // The acquirer's record may lack a capture that the ledger has: money that is booked there is not undone.
    private static final String RECORD = """
        with reached as (
            select case when :to in ('VOIDED', 'REFUNDED') and 0 <> (
                    select coalesce(sum(case kind when 'CAPTURE' then amount else -amount end), 0)
                    from (
                        select movement_id, kind, amount from payments.ledger_posting where order_id = :orderId
                        union
                        select movement_id, kind, amount
                        from jsonb_to_recordset(cast(:movements as jsonb)) as movement %1$s
                    ) as known)
                then 'UNRECONCILED' else :to end as state
        ), recorded as (
            update payments.payment
            set state = reached.state, decline_reason = :declineReason, token = null,
                void_wanted = void_wanted or :to = 'VOIDING',
                due_at = case when reached.state <> :to then now() + interval '20 s'
                    when :to in ('VOIDING', 'UNRECONCILED') then now() + :rest * interval '1 millisecond' end,
                updated_at = now()
            from reached
            where order_id = :orderId and payment.state = :from and attempt = :attempt
            returning payment.*
        ), moved as (
            select movement.* from recorded, jsonb_to_recordset(cast(:movements as jsonb)) as movement %1$s
        ), %2$s
        select * from recorded
        """.formatted(JdbcLedger.MOVEMENT, JdbcLedger.BOOKING);

    // If this attempt marked the only send, first and last are the same: then certainly nothing was sent.
    private static final String POSTPONE = """
        update payments.payment
        set due_at = now() + :delay * interval '1 millisecond', updated_at = now(),
            first_sent_at = case when :notSent and first_sent_at = last_sent_at then null else first_sent_at end,
            last_sent_at = case when :notSent and first_sent_at = last_sent_at then null else last_sent_at end
        where order_id = :orderId and state = :from and attempt = :attempt
        returning *
        """;

    private static final String HAND_BACK = """
        update payments.payment as held set due_at = now(), updated_at = now()
        from jsonb_to_recordset(cast(:held as jsonb)) as mine (order_id uuid, state text, attempt bigint)
        where held.order_id = mine.order_id and held.state = mine.state and held.attempt = mine.attempt
            and held.due_at > now()
        """;

    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;
    private final CardTokens tokens;
    private final RefusedWrites writes = new RefusedWrites();

    /** Payments whose takeover was refused, and the number of the claim that was refused. */
    private final Map<OrderId, Long> refusedClaims = new ConcurrentHashMap<>();

    private final AtomicLong claims = new AtomicLong();

    JdbcPayments(JdbcClient jdbc, CardTokens tokens) {
        this.jdbc = jdbc;
        this.tokens = tokens;
    }

    @Override
    public Beginning begin(AcquirerKey key, Money amount, CardToken token, boolean sending, Duration lease) {
        var begun = on(BEGIN, key)
                .param("amount", amount.amount())
                .param("currency", amount.currency())
                .param("fingerprint", tokens.fingerprint(key.orderId(), token))
                .param("token", tokens.encrypt(token))
                .param("keyId", tokens.currentKey())
                .param("sending", sending)
                .param("lease", lease.toMillis())
                .query((row, _) -> payment(row));
        return writes.guard(key.orderId(), begun::optional)
                .<Beginning>map(Beginning.Begun::new)
                .orElseGet(() -> known(key.orderId(), amount, token));
    }

    private Beginning known(OrderId orderId, Money amount, CardToken token) {
        return jdbc.sql(KNOWN)
                .param("orderId", orderId.value())
                .param("amount", amount.amount())
                .param("currency", amount.currency())
                .<Beginning>query((row, _) -> row.getBoolean("same_amount") && isOf(token, orderId, row)
                        ? new Beginning.Known(payment(row))
                        : new Beginning.Contradicted())
                .single();
    }

    /**
     * A void without a charge matches every card. A card that cannot be compared here is unknown, not a contradiction.
     */
    private boolean isOf(CardToken token, OrderId orderId, ResultSet row) throws SQLException {
        var fingerprint = row.getBytes("fingerprint");
        try {
            return fingerprint == null || tokens.match(fingerprint, row.getString("key_id"), orderId, token);
        } catch (KeyRing.UnknownKey e) {
            throw new DataRetrievalFailureException("payment " + orderId + " cannot be compared", e);
        }
    }

    @Override
    public Optional<Payment> beginVoid(AcquirerKey key, Duration lease) {
        var begun = on(BEGIN_VOID, key).param("lease", lease.toMillis()).query((row, _) -> payment(row));
        return writes.guard(key.orderId(), begun::optional);
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
        var claim = claims.incrementAndGet();
        refusedClaims.values().removeIf(refused -> refused + CLAIMS_WITHOUT_THE_REFUSED < claim);
        try {
            return due(CLAIM_DUE, acquirer, limit)
                    .param("lease", lease.toMillis())
                    .query((row, _) -> payment(row))
                    .list();
        } catch (DataIntegrityViolationException _) {
            return claimOneByOne(acquirer, limit, lease, claim);
        }
    }

    /** Finds the rows whose claim is refused, so that the next batch leaves them out. */
    private List<Payment> claimOneByOne(String acquirer, int limit, Duration lease, long claim) {
        var claimed = new ArrayList<Payment>();
        var due = due(DUE, acquirer, limit)
                .query((row, _) -> OrderId.of(row.getString("order_id")))
                .list();
        for (var orderId : due) {
            var one = jdbc.sql(CLAIM_ONE)
                    .param("orderId", orderId.value())
                    .param("longestWait", AttemptSettings.LONGEST_WAIT.toMillis())
                    .param("lease", lease.toMillis())
                    .query((row, _) -> payment(row));
            try {
                writes.guard(orderId, one::optional).ifPresent(claimed::add);
            } catch (WriteRefused _) {
                refusedClaims.put(orderId, claim);
            }
        }
        return claimed;
    }

    private JdbcClient.StatementSpec due(String sql, String acquirer, int limit) {
        return jdbc.sql(sql)
                .param("acquirer", acquirer)
                .param("limit", limit)
                .param("keys", tokens.keys())
                .param("longestWait", AttemptSettings.LONGEST_WAIT.toMillis())
                .param(
                        "refused",
                        refusedClaims.keySet().stream().map(OrderId::toString).collect(joining(",", "{", "}")));
    }

    @Override
    public Optional<CardToken> markSent(Payment held) {
        var marked =
                on(MARK_SENT, held).query((row, _) -> tokens.decrypt(row.getBytes("token"), row.getString("key_id")));
        return writes.guard(held.orderId(), marked::optional);
    }

    @Override
    public Optional<Payment> record(Payment held, Outcome outcome) {
        var reason = outcome.declineReason();
        var recorded = on(RECORD, held)
                .param("from", held.state().name())
                .param("to", outcome.state().name())
                .param("declineReason", reason == null ? null : reason.name())
                .param("rest", outcome.rest().toMillis())
                .param("movements", JdbcLedger.json(outcome.movements()))
                .query((row, _) -> payment(row));
        return writes.guard(held.orderId(), recorded::optional);
    }

    @Override
    public Optional<Payment> postpone(Payment held, Duration delay, boolean certainlyNotSent) {
        var postponed = on(POSTPONE, held)
                .param("from", held.state().name())
                .param("delay", delay.toMillis())
                .param("notSent", certainlyNotSent)
                .query((row, _) -> payment(row));
        return writes.guard(held.orderId(), postponed::optional);
    }

    @Override
    public int handBack(List<Payment> held) {
        try {
            return handBackTogether(held);
        } catch (DataIntegrityViolationException _) {
            return held.stream().mapToInt(this::handBackAlone).sum();
        }
    }

    private int handBackTogether(List<Payment> held) {
        return jdbc.sql(HAND_BACK)
                .param(
                        "held",
                        JSON.writeValueAsString(held.stream().map(Mine::of).toList()))
                .update();
    }

    private int handBackAlone(Payment held) {
        try {
            return writes.guard(held.orderId(), () -> handBackTogether(List.of(held)));
        } catch (WriteRefused _) {
            return 0;
        }
    }

    @Override
    public long unreconciled() {
        // With due_at, so that the index of open payments is used.
        return jdbc.sql("select count(*) from payments.payment where state = 'UNRECONCILED' and due_at is not null")
                .query(Long.class)
                .single();
    }

    @Override
    public long writesRefused() {
        return writes.count();
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
                row.getBoolean("void_wanted"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getLong("attempt"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    @JsonNaming(SnakeCaseStrategy.class)
    private record Mine(UUID orderId, Payment.State state, long attempt) {

        static Mine of(Payment held) {
            return new Mine(held.orderId().value(), held.state(), held.attempt());
        }
    }
}
