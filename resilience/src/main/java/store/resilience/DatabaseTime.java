package store.resilience;

import java.sql.SQLException;
import java.time.Duration;
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
 * <p>The machine's clock goes on between two looks at the database's; whatever happens to it is mended within {@value #TRUST_SECONDS} s.
 */
public final class DatabaseTime implements InstantSource {

    /** About as long as a heartbeat may fail to appear before its instance counts as dead. */
    private static final int TRUST_SECONDS = 5;

    private final DataSource database;
    private final InstantSource machine;
    private final LongSupplier nanoTime;
    private volatile @Nullable Difference difference;

    /** @param machine this machine's time */
    public DatabaseTime(DataSource database, InstantSource machine) {
        this(database, machine, System::nanoTime);
    }

    DatabaseTime(DataSource database, InstantSource machine, LongSupplier nanoTime) {
        this.database = database;
        this.machine = machine;
        this.nanoTime = nanoTime;
    }

    /** How far the database's clock is ahead of the machine's, and when that was seen. */
    private record Difference(Duration ahead, long seenAtNanos) {}

    /** The database has not told its time yet, and does not now. */
    public static final class Untold extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Untold(Throwable cause) {
            super("the database does not tell its time", cause);
        }
    }

    /** @throws Untold before the first answer; later, the machine's clock goes on while the database is away */
    @Override
    public Instant instant() {
        var known = difference;
        if (known == null || nanoTime.getAsLong() - known.seenAtNanos() > TRUST_SECONDS * 1_000_000_000L) {
            known = look(known);
            difference = known;
        }
        return machine.instant().plus(known.ahead());
    }

    private Difference look(@Nullable Difference known) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("select clock_timestamp()")) {
            row.next();
            var now = row.getObject(1, OffsetDateTime.class).toInstant();
            return new Difference(Duration.between(machine.instant(), now), nanoTime.getAsLong());
        } catch (SQLException e) {
            if (known == null) {
                throw new Untold(e);
            }
            return new Difference(known.ahead(), nanoTime.getAsLong()); // the clocks go on while the database is away
        }
    }
}
