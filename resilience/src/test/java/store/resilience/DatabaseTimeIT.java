package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.TemporalUnitOffset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import store.testing.TestDatabase;

class DatabaseTimeIT {

    private static final Duration TRUSTED = Duration.ofSeconds(4);
    private static final Duration UNTRUSTED = Duration.ofSeconds(6);

    /** The server runs on this machine, so it shows the machine's time. */
    private static final TemporalUnitOffset SOON = within(2, ChronoUnit.SECONDS);

    private static TestDatabase server;

    private final PGSimpleDataSource database = new PGSimpleDataSource();
    private long nanos;

    private final DatabaseTime time = new DatabaseTime(database, () -> nanos);

    @BeforeAll
    static void create() {
        server = TestDatabase.create();
    }

    @BeforeEach
    void reach() {
        database.setUrl(server.jdbcUrl());
        database.setUser(server.user());
        database.setPassword(server.password());
    }

    @Test
    void isTheDatabasesTime() {
        assertThat(time.instant()).isCloseTo(Instant.now(), SOON);
    }

    @Test
    void goesOnBetweenTwoLooks() {
        var looked = time.instant();
        beAway();
        nanos += TRUSTED.toNanos();
        assertThat(time.instant()).isEqualTo(looked.plus(TRUSTED));
    }

    /** For example after the machine has slept: the next reading makes up for the time that nanoTime missed. */
    @Test
    void looksAgain() {
        time.instant();
        nanos += UNTRUSTED.toNanos();
        assertThat(time.instant()).isCloseTo(Instant.now(), SOON);
    }

    @Test
    void goesOnWhileTheDatabaseIsAway() {
        var looked = time.instant();
        beAway();
        for (var times = 1; times <= 3; times++) {
            nanos += UNTRUSTED.toNanos();
            assertThat(time.instant()).isEqualTo(looked.plus(UNTRUSTED.multipliedBy(times)));
        }
    }

    /** Else a burst of requests would take every connection of the pool, only to read the time. */
    @Test
    void onlyOneOfManyThreadsLooksAgain() throws Exception {
        var looks = new AtomicInteger();
        var looking = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var counting = new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                if (looks.incrementAndGet() == 2) {
                    looking.countDown();
                    try {
                        go.await(10, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        throw new SQLException(e);
                    }
                }
                return super.getConnection();
            }
        };
        counting.setUrl(server.jdbcUrl());
        counting.setUser(server.user());
        counting.setPassword(server.password());
        var shared = new DatabaseTime(counting, () -> nanos);
        var first = shared.instant();
        nanos += UNTRUSTED.toNanos();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.submit(shared::instant);
            assertThat(looking.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(shared.instant()).as("meanwhile time goes on").isEqualTo(first.plus(UNTRUSTED));
            go.countDown();
        }
        assertThat(looks).hasValue(2);
    }

    @Test
    void doesNotGuessBeforeTheDatabaseHasToldItsTime() {
        beAway();
        assertThatThrownBy(time::instant).isInstanceOf(DatabaseTime.Untold.class);
    }

    private void beAway() {
        database.setPortNumbers(new int[] {1});
    }
}
