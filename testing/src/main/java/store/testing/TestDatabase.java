package store.testing;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An empty PostgreSQL database for one test, on a server that all tests of this JVM share.
 *
 * <p>The system property {@code store.postgres} says where the server comes from: {@code docker} (Testcontainers),
 * {@code embedded} (binaries from the Maven repository), or {@code auto}. The default, {@code auto}, is Docker if its
 * engine answers within two seconds and has the images of PostgreSQL and of Testcontainers' helper, else embedded. The
 * choice is printed once, with its reason.
 *
 * @param jdbcUrl the database's address, without parameters
 */
public record TestDatabase(String jdbcUrl, String user, String password) {

    private static final AtomicInteger CREATED = new AtomicInteger();

    /** Creates a database. The first call starts the server, which stops with the JVM. */
    public static TestDatabase create() {
        var server = Shared.SERVER;
        var name = "test_" + CREATED.incrementAndGet();
        try (var connection = DriverManager.getConnection(server.urlOf("postgres"), server.user(), server.password());
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot create the test database " + name, e);
        }
        return new TestDatabase(server.urlOf(name), server.user(), server.password());
    }

    private static final class Shared {
        static final PostgresServer SERVER = PostgresServer.start(System.getProperty("store.postgres", "auto"));
    }
}
