package store.proof.crash;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** A PostgreSQL server that keeps what it has confirmed, whatever becomes of it or of anybody else. */
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
                throw new IllegalStateException("the server would lose what it has confirmed");
            }
        }
    }

    /** Durable: the library turns both of these off, for tests that do not mind. */
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

    /** @param template what it begins as */
    void create(String database, String template) throws SQLException {
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("create database " + database + " template " + template);
        }
    }

    /** After it was killed: recovers what it had confirmed. */
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
