package store.order.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import store.resilience.spring.DatabaseTime;
import store.testing.TestDatabase;

/** A database whose clock is minutes away from this machine's. */
class DatabaseTimeIT {

    private final DriverManagerDataSource database = new DriverManagerDataSource();
    private final AtomicLong nanos = new AtomicLong();

    @BeforeEach
    void create() {
        var fresh = TestDatabase.create();
        database.setUrl(fresh.jdbcUrl());
        database.setUsername(fresh.user());
        database.setPassword(fresh.password());
        var before = new Properties();
        before.setProperty("options", "-c search_path=skewed,pg_catalog");
        database.setConnectionProperties(before);
        sql("create schema skewed");
        clockReturns("pg_catalog.clock_timestamp() + interval '5 min'");
    }

    @Test
    void isTheDatabasesAndGoesOnByItself() throws SQLException {
        var time = new DatabaseTime(database, nanos::get);
        var first = time.instant();
        assertThat(first).isCloseTo(Instant.now().plus(5, ChronoUnit.MINUTES), within(10, ChronoUnit.SECONDS));
        pass(Duration.ofSeconds(50));
        assertThat(time.instant()).isEqualTo(first.plusSeconds(50));
    }

    @Test
    void isAskedForAgainAndOutlivesAnOutage() throws SQLException {
        var time = new DatabaseTime(database, nanos::get);
        clockReturns("pg_catalog.clock_timestamp() + interval '9 min'");
        pass(Duration.ofSeconds(61));
        var second = time.instant();
        assertThat(second).isCloseTo(Instant.now().plus(9, ChronoUnit.MINUTES), within(10, ChronoUnit.SECONDS));
        clockReturns("pg_catalog.to_timestamp((1 / (random() * 0)))");
        pass(Duration.ofSeconds(61));
        assertThat(time.instant()).isEqualTo(second.plusSeconds(61));
    }

    private void pass(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }

    private void clockReturns(String expression) {
        sql("create or replace function skewed.clock_timestamp() returns timestamptz language sql as 'select %s'"
                .formatted(expression.replace("'", "''")));
    }

    private void sql(String statement) {
        JdbcClient.create(database).sql(statement).update();
    }
}
