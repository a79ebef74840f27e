package store.payment.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.Discrepancies;
import store.payment.Discrepancy;

/** Reads the discrepancies that {@link JdbcLedger} records. */
final class JdbcDiscrepancies implements Discrepancies {

    private final JdbcClient jdbc;

    JdbcDiscrepancies(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public List<Discrepancy> list(boolean cleared, int limit) {
        return jdbc.sql("""
            select kind, movement_id, order_id, detail, found_at, cleared_at from payments.discrepancy
            where cleared_at is null or :cleared
            order by id desc limit :limit
            """)
                .param("cleared", cleared)
                .param("limit", limit)
                .query((row, _) -> discrepancy(row))
                .list();
    }

    @Override
    public long open() {
        return number("select count(*) from payments.discrepancy where cleared_at is null");
    }

    @Override
    public long unreadable() {
        return number(
                "select count(*) from payments.discrepancy where cleared_at is null and kind = 'UNREADABLE_MOVEMENT'");
    }

    @Override
    public Duration sinceStatementEnd() {
        return Duration.ofSeconds(number(
                "select coalesce(max(extract(epoch from now() - walked_at)), 0)::bigint from payments.reconciliation"));
    }

    private long number(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    static Discrepancy discrepancy(ResultSet row) throws SQLException {
        var clearedAt = row.getObject("cleared_at", OffsetDateTime.class);
        return new Discrepancy(
                Discrepancy.Kind.valueOf(row.getString("kind")),
                row.getString("movement_id"),
                row.getObject("order_id", UUID.class),
                row.getString("detail"),
                row.getObject("found_at", OffsetDateTime.class).toInstant(),
                clearedAt == null ? null : clearedAt.toInstant());
    }
}
