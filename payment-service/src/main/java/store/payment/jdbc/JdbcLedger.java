package store.payment.jdbc;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.Discrepancy;
import store.payment.Discrepancy.Finding;
import store.payment.Ledger;
import store.payment.Movement;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.json.JsonMapper;

/** Books movements. Only this class says what a booking means for the accounts. */
final class JdbcLedger implements Ledger {

    /** The columns of a movement in the JSON array that {@link #json} makes. */
    static final String MOVEMENT =
            "(movement_id text, order_id uuid, kind text, amount bigint, currency text, occurred_at timestamptz)";

    /**
     * Part of an SQL statement: it books the rows of its query {@code moved}, each movement once. {@code booked} has
     * those that were not booked before. Debits are positive: after a capture the acquirer owes the store the amount.
     */
    static final String BOOKING = """
        booked as (
            insert into payments.ledger_posting (movement_id, order_id, kind, amount, currency, occurred_at)
            select movement_id, order_id, kind, amount, currency, occurred_at from moved
            on conflict (movement_id) do nothing
            returning movement_id, kind, amount, currency
        ), entered as (
            insert into payments.ledger_entry (movement_id, account, amount, currency)
            select movement_id, side.account, side.sign * amount, currency
            from booked
            join (values
                ('CAPTURE', 'ACQUIRER', 1), ('CAPTURE', 'SALES', -1),
                ('VOID', 'ACQUIRER', -1), ('VOID', 'SALES', 1),
                ('REFUND', 'ACQUIRER', -1), ('REFUND', 'REFUNDS', 1),
                ('CHARGEBACK', 'ACQUIRER', -1), ('CHARGEBACK', 'CHARGEBACKS', 1)
            ) as side (kind, account, sign) using (kind)
        )
        """;

    /** Found and cleared discrepancies, as rows of the same shape as the booked movements. */
    private static final String CHANGES = """
        select 'FOUND' as what, movement_id, kind, order_id, detail, found_at, cleared_at from opened
        union all select 'CLEARED', movement_id, kind, order_id, detail, found_at, cleared_at from cleared
        """;

    private static final String OPENED = """
        opened as (
            insert into payments.discrepancy (acquirer, kind, about, movement_id, order_id, detail)
            select :acquirer, kind, about, movement_id, order_id, detail from wrong
            on conflict (acquirer, kind, about) where cleared_at is null do nothing
            returning *
        )
        """;

    private static final String RECONCILE = """
        with moved as (
            select * from jsonb_to_recordset(cast(:movements as jsonb)) as movement %s
        ), found as (
            select * from jsonb_to_recordset(cast(:found as jsonb))
                as finding (kind text, about text, movement_id text, order_id uuid, detail text)
        ), %s, shown as (
            insert into payments.statement_movement (movement_id)
            select movement_id from moved union select movement_id from found where movement_id is not null
            on conflict do nothing
        ), differing as (
            select moved.movement_id, posting.order_id, format('booked as %%s of %%s %%s for order %%s, shown as %%s of %%s %%s for'
                ' order %%s', posting.kind, posting.amount, posting.currency, posting.order_id, moved.kind, moved.amount,
                moved.currency, moved.order_id) as detail
            from moved join payments.ledger_posting posting using (movement_id)
            where (posting.order_id, posting.kind, posting.amount, posting.currency)
                is distinct from (moved.order_id, moved.kind, moved.amount, moved.currency)
        ), wrong as (
            select kind, about, movement_id, order_id, detail from found
            union all select 'POSTING_DIFFERS', movement_id, movement_id, order_id, detail from differing
        ), %s, cleared as (
            update payments.discrepancy as shown_since set cleared_at = now()
            where cleared_at is null and acquirer = :acquirer and movement_id in (select movement_id from moved)
                and (kind in ('UNREADABLE_MOVEMENT', 'POSTING_NOT_ON_STATEMENT') or kind = 'POSTING_DIFFERS'
                    and movement_id not in (select movement_id from differing))
            returning *
        ), advanced as (
            insert into payments.reconciliation as known (acquirer, read_to, differences)
            values (:acquirer, :cursor, (select count(*) from booked))
            on conflict (acquirer) do update
            set read_to = excluded.read_to, differences = known.differences + excluded.differences, updated_at = now()
        )
        %s
        union all select 'BOOKED', movement_id, null, null, null, null, null from booked
        """.formatted(MOVEMENT, BOOKING, OPENED, CHANGES);

    /**
     * Part of an SQL statement: it judges the orders of its query {@code asked} by their postings and their payment, in
     * one snapshot. A payment that is PENDING or VOIDING is under way. A payment of another acquirer belongs to that
     * one's statement.
     */
    private static final String JUDGING = """
        money as (
            select order_id, string_agg(distinct posting.currency, ', ') as currency,
                sum(case kind when 'CAPTURE' then amount else -amount end) as net,
                sum(case kind when 'CAPTURE' then amount when 'CHARGEBACK' then 0 else -amount end) as without_chargebacks
            from asked join payments.ledger_posting posting using (order_id)
            group by order_id
        ), judged as (
            select order_id, case
                    when state is null then case when net <> 0 then 'MONEY_WITHOUT_PAYMENT' end
                    when state = 'UNRECONCILED' then 'UNRECONCILED'
                    when acquirer <> :acquirer or state in ('PENDING', 'VOIDING') then null
                    when net < 0 then 'RETURNED_TOO_MUCH'
                    when state <> 'CAPTURED' then case when net > 0 then 'CAPTURE_STANDING' end
                    when (without_chargebacks, money.currency) is distinct from (payment.amount, payment.currency)
                        then 'AMOUNT_DIFFERS'
                end as kind,
                format('the payment is %s; its movements sum up to %s',
                    case when state is null then 'unknown'
                        else concat_ws(' over ', state, payment.amount || ' ' || payment.currency) end,
                    coalesce(net || ' ' || money.currency, 'nothing')) as detail
            from asked left join money using (order_id) left join payments.payment using (order_id)
        ), wrong_orders as (
            select kind, order_id::text as about, null as movement_id, order_id, detail from judged where kind is not null
        ), right_orders as (
            select discrepancy.id from payments.discrepancy join judged using (order_id)
            where cleared_at is null and discrepancy.acquirer = :acquirer
                and discrepancy.kind in ('MONEY_WITHOUT_PAYMENT', 'CAPTURE_STANDING', 'RETURNED_TOO_MUCH', 'AMOUNT_DIFFERS',
                    'UNRECONCILED')
                and discrepancy.kind is distinct from judged.kind
        )
        """;

    private static final String COMPARE = """
        with asked as materialized (
            select value::uuid as order_id from jsonb_array_elements_text(cast(:orders as jsonb))
        ), %s, wrong as (
            select * from wrong_orders
        ), %s, cleared as (
            update payments.discrepancy set cleared_at = now()
            where cleared_at is null and id in (select id from right_orders)
            returning *
        )
        %s
        """.formatted(JUDGING, OPENED, CHANGES);

    /** In the order of keys, not of times: so a clock that is set back, or a late commit, hides nothing. */
    private static final String SWEEP = """
        with progress as (
            select swept_movement, swept_order from payments.reconciliation where acquirer = :acquirer
        ), postings as materialized (
            select movement_id, order_id, kind, amount, currency, occurred_at from payments.ledger_posting
            where movement_id > coalesce((select swept_movement from progress), '')
            order by movement_id limit :slice
        ), paid as materialized (
            select order_id from payments.payment
            where order_id > coalesce((select swept_order from progress), '00000000-0000-0000-0000-000000000000')
            order by order_id limit :slice
        ), open as materialized (
            select order_id from payments.discrepancy
            where cleared_at is null and acquirer = :acquirer and order_id is not null
                and id >= (select random() * max(id) from payments.discrepancy)
            order by id limit :slice
        ), asked as materialized (
            select order_id from postings union select order_id from paid union select order_id from open
        ), %s, wrong as (
            select kind, about, movement_id, order_id, detail from wrong_orders
            union all
            select 'POSTING_NOT_ON_STATEMENT', movement_id, movement_id, order_id, concat_ws(' ', 'booked as', kind, 'of',
                amount, currency)
            from postings
            where occurred_at <= :shownUpTo
                and not exists (select from payments.statement_movement shown where shown.movement_id = postings.movement_id)
                and not exists (select from payments.payment other
                    where other.order_id = postings.order_id and other.acquirer <> :acquirer)
        ), %s, cleared as (
            update payments.discrepancy as gone set cleared_at = now()
            where cleared_at is null and (id in (select id from right_orders)
                or acquirer = :acquirer and kind = 'UNKNOWN_CURSOR'
                or acquirer = :acquirer and kind = 'POSTING_NOT_ON_STATEMENT' and exists (
                    select from postings join payments.statement_movement shown using (movement_id)
                    where postings.movement_id = gone.movement_id))
            returning *
        ), advanced as (
            update payments.reconciliation
            set walked_at = now(),
                swept_movement = (select max(movement_id) from postings having count(*) = :slice),
                swept_order = (select order_id from paid where (select count(*) from paid) = :slice
                    order by order_id desc limit 1)
            where acquirer = :acquirer
        )
        %s
        """.formatted(JUDGING, OPENED, CHANGES);

    /** Milliseconds of work in each run: with a run every 5 s, comparing a million postings takes three hours. */
    private static final int SLICE = 500;

    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;

    JdbcLedger(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public @Nullable String cursor(String acquirer) {
        return jdbc.sql("select read_to from payments.reconciliation where acquirer = ?")
                .param(acquirer)
                .query((row, _) -> new Cursor(row.getString("read_to")))
                .optional()
                .orElse(new Cursor(null))
                .value();
    }

    @Override
    public Comparison reconcile(
            String acquirer, List<Movement> statement, List<Finding> found, @Nullable String cursor) {
        return comparison(jdbc.sql(RECONCILE)
                .param("movements", json(statement))
                .param(
                        "found",
                        JSON.writeValueAsString(found.stream().map(FoundRow::of).toList()))
                .param("acquirer", acquirer)
                .param("cursor", cursor));
    }

    @Override
    public Comparison compare(String acquirer, Set<UUID> orders) {
        return comparison(
                jdbc.sql(COMPARE).param("acquirer", acquirer).param("orders", JSON.writeValueAsString(orders)));
    }

    @Override
    public Comparison sweep(String acquirer, Instant shownUpTo) {
        return comparison(jdbc.sql(SWEEP)
                .param("acquirer", acquirer)
                .param("shownUpTo", shownUpTo.atOffset(ZoneOffset.UTC))
                .param("slice", SLICE));
    }

    private static Comparison comparison(JdbcClient.StatementSpec statement) {
        var booked = new ArrayList<String>();
        var discrepancies = new ArrayList<Discrepancy>();
        statement.query(row -> {
            if (row.getString("what").equals("BOOKED")) {
                booked.add(row.getString("movement_id"));
            } else {
                discrepancies.add(JdbcDiscrepancies.discrepancy(row));
            }
        });
        return new Comparison(booked, discrepancies);
    }

    static String json(List<Movement> movements) {
        return JSON.writeValueAsString(movements.stream().map(Row::of).toList());
    }

    private record Cursor(@Nullable String value) {}

    @JsonNaming(SnakeCaseStrategy.class)
    private record Row(
            String movementId, UUID orderId, Movement.Kind kind, long amount, String currency, Instant occurredAt) {

        static Row of(Movement movement) {
            return new Row(
                    movement.id(),
                    movement.orderId(),
                    movement.kind(),
                    movement.amount().amount(),
                    movement.amount().currency(),
                    movement.at());
        }
    }

    @JsonNaming(SnakeCaseStrategy.class)
    private record FoundRow(
            Discrepancy.Kind kind,
            String about,
            @Nullable String movementId,
            @Nullable UUID orderId,
            String detail) {

        static FoundRow of(Finding finding) {
            return new FoundRow(
                    finding.kind(), finding.about(), finding.movementId(), finding.orderId(), finding.detail());
        }
    }
}
