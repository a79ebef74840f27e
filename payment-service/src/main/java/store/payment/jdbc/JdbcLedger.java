package store.payment.jdbc;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.Ledger;
import store.payment.Movement;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.json.JsonMapper;

/** Books movements; what a booking means for the accounts is written here, once. */
final class JdbcLedger implements Ledger {

    /** The columns of a movement in the JSON array that {@link #json} makes. */
    static final String MOVEMENT =
            "(movement_id text, order_id uuid, kind text, amount bigint, currency text, occurred_at timestamptz)";

    /**
     * The part of a statement that books the rows of its query {@code moved}, each movement once: {@code booked} are
     * those that were not booked yet. Debits are positive: a capture makes the acquirer owe us what the store has sold.
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

    private static final String RECONCILE = """
        with moved as (
            select * from jsonb_to_recordset(cast(:movements as jsonb)) as movement %s
        ), %s, advanced as (
            insert into payments.reconciliation as known (acquirer, cursor, differences)
            values (:acquirer, :cursor, (select count(*) from booked))
            on conflict (acquirer) do update
            set cursor = excluded.cursor, differences = known.differences + excluded.differences, updated_at = now()
        )
        select movement_id from booked
        """.formatted(MOVEMENT, BOOKING);

    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;

    JdbcLedger(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public @Nullable String cursor(String acquirer) {
        return jdbc.sql("select cursor from payments.reconciliation where acquirer = ?")
                .param(acquirer)
                .query((row, _) -> new Cursor(row.getString("cursor")))
                .optional()
                .orElse(new Cursor(null))
                .value();
    }

    @Override
    public List<String> reconcile(String acquirer, List<Movement> statement, @Nullable String cursor) {
        return jdbc.sql(RECONCILE)
                .param("movements", json(statement))
                .param("acquirer", acquirer)
                .param("cursor", cursor)
                .query((row, _) -> row.getString("movement_id"))
                .list();
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
}
