package store.proof.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;

/**
 * Kills a whole PostgreSQL server on this machine during the COMMIT that the calling thread is about to send. The kill
 * comes just before or just after the COMMIT becomes durable, by arrangement and not by luck.
 */
final class DatabaseKill {

    private static final Duration BOUND = Duration.ofSeconds(10);

    private final AtomicReference<Thread> killer = new AtomicReference<>();

    private final String url;
    private final String user;

    DatabaseKill(String url, String user) {
        this.url = url;
        this.user = user;
    }

    boolean isUnderWay() {
        return killer.get() != null;
    }

    /** Waits until the kill is over. */
    void await() throws InterruptedException {
        var thread = killer.get();
        if (thread != null) {
            thread.join(BOUND);
        }
    }

    /** Stops the database's process that is to commit, so that the COMMIT is sent and not read. */
    void beforeItBegins(int backend) {
        try {
            var postmaster = postmaster();
            var stopped = new ProcessBuilder("kill", "-STOP", Integer.toString(backend))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (stopped != 0) {
                throw new IllegalStateException("cannot stop process " + backend);
            }
            var committing = Thread.currentThread();
            kill(postmaster, () -> waitsForAnAnswer(committing));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Makes commits wait for a standby that does not exist: they are on the disk by then, and not answered. */
    void beforeItAnswers(int backend) {
        try {
            var postmaster = postmaster();
            execute("alter system set synchronous_standby_names = 'nobody'");
            execute("select pg_reload_conf()");
            var probe = Thread.ofVirtual().start(() -> {
                try {
                    execute("create temporary table probe ()");
                } catch (SQLException _) {
                    // the statement ends with the server
                }
            });
            Awaitility.await().atMost(BOUND).until(() -> probe.isAlive() && waitingForStandby("pid <> " + backend));
            kill(postmaster, () -> {
                var waits = waitingForStandby("pid = " + backend);
                if (waits) {
                    // For the next start. This server still waits.
                    execute("alter system reset synchronous_standby_names");
                }
                return waits;
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Condition {
        boolean holds() throws SQLException;
    }

    private void kill(ProcessHandle postmaster, Condition when) {
        killer.set(Thread.ofPlatform().start(() -> {
            Awaitility.await()
                    .atMost(BOUND)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(when::holds);
            var family = postmaster.descendants().toList();
            postmaster.destroyForcibly();
            family.forEach(ProcessHandle::destroyForcibly);
            Child.tell("fallen", postmaster.pid());
        }));
    }

    private static boolean waitsForAnAnswer(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals("org.postgresql.core.PGStream")
                        && frame.getMethodName().startsWith("receive"));
    }

    private boolean waitingForStandby(String which) throws SQLException {
        return !query("select count(*) from pg_stat_activity where wait_event = 'SyncRep' and " + which)
                .equals("0");
    }

    private ProcessHandle postmaster() throws SQLException, IOException {
        var file = Path.of(query("show data_directory"), "postmaster.pid");
        return ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(file).getFirst().strip()))
                .orElseThrow();
    }

    private void execute(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String query(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(url, user, user);
    }
}
