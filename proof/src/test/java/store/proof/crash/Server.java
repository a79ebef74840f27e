package store.proof.crash;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** A PostgreSQL server that keeps what it has committed, even if it or a client is killed. */
final class Server implements AutoCloseable {

    static final String USER = "postgres";

    private final Path data;
    private EmbeddedPostgres postgres;

    Server(Path data) throws IOException, SQLException {
        this.data = data;
        this.postgres = builder(data).start();
        try (var connection = connect("postgres");
                var statement = connection.createStatement();
                var setting = statement.executeQuery("show fsync")) {
            setting.next();
            if (!setting.getString(1).equals("on")) {
                throw new IllegalStateException("the server would lose what it has committed");
            }
        }
    }

    /** Turns durability on, which the library turns off for tests that do not need it. */
    private static EmbeddedPostgres.Builder builder(Path data) {
        return EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(Path.of(
                                System.getProperty("java.io.tmpdir"),
                                "store-postgres-" + System.getProperty("user.name"))
                        .toFile())
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("max_connections", "100");
    }

    String urlOf(String database) {
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + database;
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(urlOf(database), USER, USER);
    }

    /** @param template the database that it is copied from */
    void create(String database, String template) throws SQLException {
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("create database " + database + " template " + template);
        }
    }

    /** Starts the server again after it was killed; it recovers what it had committed. */
    void restart() throws IOException {
        var port = postgres.getPort();
        postgres.close();
        postgres = builder(data).setPort(port).start();
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
