package store.resilience.spring;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time of the database that several instances share: their machines' clocks may be minutes apart, and what one of them has planned
 * would be late, or early, for another. Asked for now and then; between, and while the database is away, this process counts on.
 */
public final class DatabaseTime implements InstantSource {

    private static final Logger log = LoggerFactory.getLogger(DatabaseTime.class);

    /** A quartz that is 50 ppm off is 3 ms off by then. */
    private static final long TRUSTED_NANOS = Duration.ofMinutes(1).toNanos();

    private final DataSource database;
    private final LongSupplier nanoTime;
    private Instant read;
    private long readAtNanos;

    /** @param nanoTime counts on between two readings, whatever becomes of the machine's clock */
    public DatabaseTime(DataSource database, LongSupplier nanoTime) throws SQLException {
        this.database = database;
        this.nanoTime = nanoTime;
        this.readAtNanos = nanoTime.getAsLong();
        this.read = read();
    }

    @Override
    public synchronized Instant instant() {
        var now = nanoTime.getAsLong();
        if (now - readAtNanos > TRUSTED_NANOS) {
            try {
                read = read();
            } catch (SQLException e) {
                log.warn("The database does not tell its time ({}); it is asked again in a minute.", OneLine.of(e));
                read = read.plusNanos(now - readAtNanos);
            }
            readAtNanos = now;
        }
        return read.plusNanos(nanoTime.getAsLong() - readAtNanos);
    }

    private Instant read() throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("select clock_timestamp()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }
}
