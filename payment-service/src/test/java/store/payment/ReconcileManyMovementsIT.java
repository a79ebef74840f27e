package store.payment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;
import store.payment.acquirer.StubAcquirer;
import store.payment.jdbc.PaymentDatabase;
import store.testing.TestDatabase;

/**
 * The reconciler in a process with the heap that {@code deploy/local} gives payment-service, and with the statement
 * timeout of its pool. It books a long statement, reads it again as after a lost cursor, and compares the whole ledger.
 * The usual size takes a few seconds; the promised size, {@code -Dstore.reconcile.movements=1000000}, some minutes.
 */
class ReconcileManyMovementsIT {

    private static final int MOVEMENTS = Integer.getInteger("store.reconcile.movements", 4_000);
    private static final int MAX_RESIDENT_MEGABYTES = 512;

    @Test
    void readsAnyStatementInBoundedMemory(@TempDir Path folder) throws Exception {
        var database = TestDatabase.create();
        var report = folder.resolve("report");
        try (var stub = new StubAcquirer(() -> MOVEMENTS, ReconcileManyMovementsIT::line)) {
            var process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx96m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Reader.class.getName(),
                            database.jdbcUrl() + "?options=-c%20statement_timeout%3D300",
                            database.user(),
                            database.password(),
                            Integer.toString(stub.port()))
                    .redirectErrorStream(true)
                    .redirectOutput(report.toFile())
                    .start();
            assertThat(process.waitFor(1, TimeUnit.HOURS)).isTrue();
            var lines = Files.readString(report);
            System.err.println(lines);
            assertThat(process.exitValue()).as(lines).isZero();
            assertThat(lines)
                    .contains(
                            "booked: " + (MOVEMENTS - 2), "booked again: 0", "open discrepancies: 2", "unreadable: 2");
            var resident = lines.replaceFirst("(?s).*resident: (\\d+) MB.*", "$1");
            if (Files.exists(Path.of("/proc/self/status"))) {
                assertThat(Integer.parseInt(resident)).isLessThan(MAX_RESIDENT_MEGABYTES);
            }
        }
    }

    /** Two lines for each order, which sum to zero; in the middle, two lines of an unknown kind. */
    private static String line(int n) {
        var order = new UUID(1_700_000_000_000L + n / 2 << 16 | 0x7000, Long.MIN_VALUE | n / 2);
        var kind = n / 2 == MOVEMENTS / 4 ? "REVERSAL" : n % 2 == 0 ? "CAPTURE" : "VOID";
        // Like an acquirer's ids, these are not in the order of the statement.
        return StubAcquirer.line(
                UUID.nameUUIDFromBytes(Integer.toString(n).getBytes(UTF_8)).toString(),
                order,
                kind,
                1999,
                Instant.ofEpochMilli(1_700_000_000_000L + n));
    }

    /** The measured process. */
    static final class Reader {

        private static long slowestMillis;

        private Reader() {}

        public static void main(String[] arguments) throws IOException {
            try (var database = new PaymentDatabase(new TestDatabase(arguments[0], arguments[1], arguments[2]))) {
                var acquirer = StubAcquirer.acquirer(Integer.parseInt(arguments[3]));
                var reconcileLedger =
                        new ReconcileLedger(database.ledger(), acquirer, Duration.ofMinutes(1), Instant::now);
                System.out.println("booked: " + walk("booking", reconcileLedger, database));
                database.jdbc()
                        .sql("update payments.reconciliation set read_to = null, walked_at = null")
                        .update();
                System.out.println("booked again: " + walk("reading again", reconcileLedger, database));
                sweep(reconcileLedger, database);
                System.out.println(
                        "open discrepancies: " + database.discrepancies().open());
                System.out.println("unreadable: " + database.discrepancies().unreadable());
            }
            var status = Path.of("/proc/self/status");
            if (Files.exists(status)) {
                var peak = Files.readString(status).replaceFirst("(?s).*VmHWM:\\s+(\\d+) kB.*", "$1");
                System.out.println("resident: " + Long.parseLong(peak) / 1024 + " MB");
            }
        }

        /**
         * Runs until the statement's end.
         *
         * @return number of movements booked, including those of runs that failed
         */
        private static long walk(String what, ReconcileLedger reconcileLedger, PaymentDatabase database) {
            var begun = System.nanoTime();
            var bookedBefore = booked(database);
            var runs = 0;
            slowestMillis = 0;
            do {
                run(reconcileLedger);
                runs++;
            } while (!database.jdbc()
                    .sql("select exists (select from payments.reconciliation where walked_at is not null)")
                    .query(Boolean.class)
                    .single());
            report(what, runs, begun);
            return booked(database) - bookedBefore;
        }

        private static long booked(PaymentDatabase database) {
            return database.jdbc()
                    .sql("select coalesce(sum(differences), 0)::bigint from payments.reconciliation")
                    .query(Long.class)
                    .single();
        }

        /** Runs until the whole ledger has been compared. */
        private static void sweep(ReconcileLedger reconcileLedger, PaymentDatabase database) {
            var begun = System.nanoTime();
            var runs = 0;
            slowestMillis = 0;
            do {
                run(reconcileLedger);
                runs++;
            } while (database.jdbc()
                    .sql("select swept_movement is not null from payments.reconciliation")
                    .query(Boolean.class)
                    .single());
            report("comparing the ledger", runs, begun);
        }

        /** Tries again after a statement that took too long, as the scheduler does. */
        private static void run(ReconcileLedger reconcileLedger) {
            var begun = System.nanoTime();
            while (true) {
                try {
                    reconcileLedger.reconcile();
                    break;
                } catch (DataAccessException e) {
                    System.out.println(
                            "tried again: " + e.getMostSpecificCause().getMessage());
                }
            }
            slowestMillis = Math.max(slowestMillis, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        }

        private static void report(String what, int runs, long begun) {
            System.out.printf(
                    "%s: %d runs, %.1f s in all, %d ms the slowest%n",
                    what, runs, (System.nanoTime() - begun) / 1e9, slowestMillis);
        }
    }
}
