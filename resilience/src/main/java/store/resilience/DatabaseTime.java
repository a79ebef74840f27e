package store.resilience;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The database's time, which the instances of a service share. Their machines' clocks may be minutes apart: a time that
 * one of them wrote would be long past, or far ahead, for another.
 *
 * <p>The database's clock is read every {@value #TRUST_SECONDS} s; in between, {@link System#nanoTime} measures the
 * time that has passed. The machine's clock is never read: it may be set at any moment.
 */
public final class DatabaseTime implements InstantSource {

    /** About as long as an instance may miss its heartbeats before it counts as dead. */
    private static final int TRUST_SECONDS = 5;

    private final DataSource database;
    private final LongSupplier nanoTime;
    private final ReentrantLock looking = new ReentrantLock();
    private volatile @Nullable Look last;

    public DatabaseTime(DataSource database) {
        this(database, System::nanoTime);
    }

    DatabaseTime(DataSource database, LongSupplier nanoTime) {
        this.database = database;
        this.nanoTime = nanoTime;
    }

    /** A reading of the database's clock, and when it was taken. */
    private record Look(Instant shown, long atNanos) {

        Instant after(long nanos) {
            return shown.plusNanos(nanos - atNanos);
        }
    }

    /** The database's time is not known yet, and the database does not answer. */
    public static final class Untold extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Untold(Throwable cause) {
            super("the database's time cannot be read", cause);
        }
    }

    /** @throws Untold if no reading has ever succeeded; after the first, time goes on while the database is away */
    @Override
    public Instant instant() {
        var known = last;
        if (known == null) {
            known = look(null);
            last = known;
        } else if (nanoTime.getAsLong() - known.atNanos() > TRUST_SECONDS * 1_000_000_000L && looking.tryLock()) {
            // Only one thread looks: many that ask at once would take every connection of the pool.
            try {
                known = look(known);
                last = known;
            } finally {
                looking.unlock();
            }
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
