package store.monolith;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/** The whole monolith in this JVM: started once for all tests, and stopped with the JVM. */
final class RunningMonolith {

    static final Surroundings SURROUNDINGS = surroundings();

    static final ConfigurableApplicationContext CONTEXT =
            MonolithApplication.start(SURROUNDINGS.settings().entrySet().stream()
                    .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                    .toArray(String[]::new));

    private RunningMonolith() {}

    /** The work to do meanwhile. */
    interface Work {
        void run() throws Exception;
    }

    static TransactionOperations transactions() {
        return new TransactionTemplate(CONTEXT.getBean(PlatformTransactionManager.class));
    }

    /** Takes every connection of the pool while {@code work} runs. */
    static void withoutConnections(Work work) throws Exception {
        var pool = CONTEXT.getBean(HikariDataSource.class);
        List<Connection> taken = new ArrayList<>();
        try {
            for (var i = 0; i < pool.getMaximumPoolSize(); i++) {
                taken.add(pool.getConnection());
            }
            work.run();
        } finally {
            for (var connection : taken) {
                connection.close();
            }
        }
    }

    /** Locks {@code table} against every use while {@code work} runs. */
    static void withoutAccessTo(String table, Work work) throws Exception {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table " + table + " in access exclusive mode");
            work.run();
        }
    }

    static Connection connect() throws SQLException {
        var database = SURROUNDINGS.database();
        return DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
    }

    private static Surroundings surroundings() {
        try {
            return Surroundings.in(Files.createTempDirectory(Path.of("target").toAbsolutePath(), "monolith"));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
