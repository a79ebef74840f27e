package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import store.testing.TestDatabase;

class DatabaseTimeIT {

    private static final Duration UNTRUSTED = Duration.ofSeconds(6);

    private static TestDatabase server;

    private final PGSimpleDataSource database = new PGSimpleDataSource();
    private Duration machineAhead = Duration.ofMinutes(5);
    private long nanos;

    private final DatabaseTime time =
            new DatabaseTime(database, () -> Instant.now().plus(machineAhead), () -> nanos);

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
    void aMachineThatIsMinutesAwayDoesNotMatter() {
        assertThatItIsTheDatabases();
    }

    @Test
    void aStepOfTheMachinesClockIsMended() {
        assertThatItIsTheDatabases();
        machineAhead = Duration.ofMinutes(-5);
        nanos += UNTRUSTED.toNanos();
        assertThatItIsTheDatabases();
    }

    @Test
    void goesOnWhileTheDatabaseIsAway() {
        assertThatItIsTheDatabases();
        beAway();
        nanos += UNTRUSTED.toNanos();
        assertThatItIsTheDatabases();
    }

    @Test
    void doesNotGuessBeforeTheDatabaseHasToldItsTime() {
        beAway();
        assertThatThrownBy(time::instant).isInstanceOf(DatabaseTime.Untold.class);
    }

    private void beAway() {
        database.setPortNumbers(new int[] {1});
    }

    /** The server is on this machine, whose true time it has. */
    private void assertThatItIsTheDatabases() {
        assertThat(time.instant()).isCloseTo(Instant.now(), within(2, ChronoUnit.SECONDS));
    }
}
