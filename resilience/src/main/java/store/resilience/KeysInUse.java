package store.resilience;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import javax.sql.DataSource;

/**
 * The ids of the keys that data in a database was sealed with. A process whose ring lacks one of them would take sound
 * rows for broken ones, so it must not work on that database.
 */
public final class KeysInUse {

    /**
     * A process holds the lock for a few short statements. If one holds it for 10 s, it is stuck, and this start fails.
     */
    private static final String LOCK = "set local lock_timeout = '10s'; lock table %s in share row exclusive mode";

    private final DataSource database;
    private final String table;
    private final String unnamed;

    /**
     * @param database not a pool whose timeouts are meant for requests; it is used once, at start
     * @param table a table whose primary key is {@code key_id}; a constant, never input
     * @param unnamed a query for sealed data that is older than key ids, so that its key is not recorded; a sample is
     *     enough
     */
    public KeysInUse(DataSource database, String table, String unnamed) {
        this.database = database;
        this.table = table;
        this.unnamed = unnamed;
    }

    /**
     * Records the ring's current key as in use, unless the ring lacks a key that is in use. Only one process at a time
     * does this: if two start with rings that have no key in common, the second is refused.
     *
     * @param opens whether one of the ring's keys opens the given sealed data
     * @throws UnusableKeys if the ring lacks a key; then nothing has changed
     */
    public KeyRing take(KeyRing ring, Predicate<byte[]> opens) {
        try (var connection = database.getConnection()) {
            connection.setAutoCommit(false);
            try (var lock = connection.createStatement()) {
                lock.execute(LOCK.formatted(table));
            }
            var inUse = inUse(connection);
            var missing = new TreeSet<>(inUse);
            missing.removeAll(ring.ids());
            if (!missing.isEmpty()) {
                throw new UnusableKeys("the database has rows under key " + String.join(", ", missing)
                        + ", which is not in " + ring.origin() + ": give this process the keys that it had before");
            }
            if (!fitsUnnamed(connection, opens)) {
                throw new UnusableKeys("the database has rows that no key in " + ring.origin()
                        + " opens: give this process the keys that it had before");
            }
            // Any key of the first ring may have sealed the rows that are older than this table.
            use(connection, inUse.isEmpty() ? ring.ids() : Set.of(ring.currentId()));
            connection.commit();
            return ring;
        } catch (SQLException e) {
            throw new IllegalStateException("cannot compare the keys with " + table, e);
        }
    }

    private Set<String> inUse(Connection connection) throws SQLException {
        try (var query = connection.createStatement();
                var rows = query.executeQuery("select key_id from " + table)) {
            var ids = new TreeSet<String>();
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
            return ids;
        }
    }

    /** One row that opens is enough, because the others may be broken. */
    private boolean fitsUnnamed(Connection connection, Predicate<byte[]> opens) throws SQLException {
        try (var query = connection.createStatement();
                var rows = query.executeQuery(unnamed)) {
            var found = false;
            while (rows.next()) {
                found = true;
                if (opens.test(rows.getBytes(1))) {
                    return true;
                }
            }
            return !found;
        }
    }

    private void use(Connection connection, Set<String> ids) throws SQLException {
        try (var insert =
                connection.prepareStatement("insert into " + table + " (key_id) values (?) on conflict do nothing")) {
            for (var id : ids) {
                insert.setString(1, id);
                insert.executeUpdate();
            }
        }
    }
}
