package store.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class SharedServerIT {

    @Test
    void everyTestGetsAnEmptyDatabaseOfItsOwn() throws SQLException {
        var one = TestDatabase.create();
        var other = TestDatabase.create();
        execute(one, "create table only_here (id int)");
        execute(other, "create table only_here (id int)");
        assertThat(one.jdbcUrl()).isNotEqualTo(other.jdbcUrl());
    }

    private static void execute(TestDatabase database, String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
