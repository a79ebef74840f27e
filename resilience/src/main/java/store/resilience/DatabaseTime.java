package store.resilience;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The database's time. The instances of a service share it: their machines' clocks may be minutes apart, and what one of them wrote
 * would be long past or far away to another.
 *
 * <p>Between two looks at the database's clock, {@value #TRUST_SECONDS} s apart, time goes on by {@link System#nanoTime}. The machine's
 * clock is never asked: it may be set at any moment.
 */
public final class DatabaseTime implements InstantSource {

    /** About as long as a heartbeat may fail to appear before its instance counts as dead. */
    private static final int TRUST_SECONDS = 5;

    private final DataSource database;
    private final LongSupplier nanoTime;
    private volatile @Nullable Look last;

    public DatabaseTime(DataSource database) {
        this(database, System::nanoTime);
    }

    DatabaseTime(DataSource database, LongSupplier nanoTime) {
        this.database = database;
        this.nanoTime = nanoTime;
    }

    /** What the database's clock showed, and when. */
    private record Look(Instant shown, long atNanos) {

        Instant after(long nanos) {
            return shown.plusNanos(nanos - atNanos);
        }
    }

    /** The database has not told its time yet, and does not now. */
    public static final class Untold extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Untold(Throwable cause) {
            super("the database does not tell its time", cause);
        }
    }

    /** @throws Untold before the first answer; later, time goes on while the database is away */
    @Override
    public Instant instant() {
        var known = last;
        if (known == null || nanoTime.getAsLong() - known.atNanos() > TRUST_SECONDS * 1_000_000_000L) {
            known = look(known);
            last = known;
        }
        return known.after(nanoTime.getAsLong());
    }

    private Look look(@Nullable Look known) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("select clock_timestamp()")) {
            row.next();
            return new Look(row.getObject(1, OffsetDateTime.class).toInstant(), nanoTime.getAsLong());
        } catch (SQLException e) {
            if (known == null) {
                throw new Untold(e);
            }
            var now = nanoTime.getAsLong();
            return new Look(known.after(now), now);
        }
    }
}
