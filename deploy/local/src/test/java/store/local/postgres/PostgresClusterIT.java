package store.local.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.local.supervision.Plan.Kind;
import store.local.supervision.ShortCommand;
import store.local.supervision.Termination;
import store.local.topology.Ports;

class PostgresClusterIT {

    private static final String PASSWORD = "0123456789abcdef";
    private static final String AUDITORS = "reads";

    private static PostgresBinaries binaries;

    /** As deep as a clone may be: the path of a socket in it would be too long. */
    @TempDir
    private Path folder = Path.of("");

    private PostgresCluster cluster;
    private int port;
    private Process server;

    @BeforeAll
    static void unpack() throws IOException {
        binaries = PostgresBinaries.unpack(Path.of("target", "postgres").toAbsolutePath());
    }

    @BeforeEach
    void start() throws IOException {
        cluster =
                new PostgresCluster(binaries, folder.resolve("deep".repeat(40)).resolve("order-db"));
        cluster.create("orders", PASSWORD, AUDITORS);
        port = new Ports().take();
        server = startServer();
    }

    @AfterEach
    void stop() {
        Termination.end(server.toHandle(), Kind.DATABASE, Termination.PATIENCE);
    }

    @Test
    void runsWithTheSettingsThatMakeItDurable() throws SQLException {
        try (Connection connection = connect(PASSWORD)) {
            for (String setting : new String[] {"fsync", "synchronous_commit", "full_page_writes"}) {
                assertThat(query(connection, "SHOW " + setting)).as(setting).isEqualTo("on");
            }
        }
    }

    @Test
    void keepsCommittedDataWhenItIsKilled() throws SQLException, IOException, InterruptedException {
        try (Connection connection = connect(PASSWORD)) {
            connection.createStatement().execute("CREATE TABLE kept AS SELECT 42 AS answer");
        }
        server.destroyForcibly().waitFor();

        server = startServer();

        try (Connection connection = connect(PASSWORD)) {
            assertThat(query(connection, "SELECT answer FROM kept")).isEqualTo("42");
        }
    }

    @Test
    void refusesALoginWithoutThePassword() throws SQLException {
        connect(PASSWORD).close();
        assertThatThrownBy(() -> DriverManager.getConnection(url("orders"), "orders", "guess")
                        .close())
                .hasMessageContaining("password authentication failed");
        assertThatThrownBy(() -> DriverManager.getConnection(url("postgres"), "postgres", "")
                        .close())
                .isInstanceOf(SQLException.class);
    }

    @Test
    void letsTheAuditorReadButNotWrite() throws SQLException {
        try (Connection owner = connect(PASSWORD);
                Connection auditor = DriverManager.getConnection(url("orders"), "auditor", AUDITORS)) {
            owner.createStatement().execute("CREATE SCHEMA kept; CREATE TABLE kept.answer AS SELECT 42 AS answer");
            assertThat(query(auditor, "SELECT answer FROM kept.answer")).isEqualTo("42");
            auditor.createStatement().execute("SET default_transaction_read_only = off");
            assertThatThrownBy(() -> auditor.createStatement().execute("DELETE FROM kept.answer"))
                    .hasMessageContaining("permission denied");
        }
    }

    @Test
    void keepsExistingDataAndRefusesDataOfAnotherVersion() throws IOException, SQLException {
        connect(PASSWORD).close();
        Termination.end(server.toHandle(), Kind.DATABASE, Termination.PATIENCE);
        cluster.create("orders", "another password", AUDITORS);
        server = startServer();
        connect(PASSWORD).close();

        Files.writeString(cluster.data().resolve("PG_VERSION"), "9\n");
        assertThatThrownBy(() -> cluster.create("orders", PASSWORD, AUDITORS))
                .hasMessageContaining("made by PostgreSQL 9");
    }

    @Test
    void deletesThePidFileWhenTheNumberBelongsToAnotherProgram() throws IOException {
        Termination.end(server.toHandle(), Kind.DATABASE, Termination.PATIENCE);
        Path file = cluster.data().resolve("postmaster.pid");

        Files.writeString(file, ProcessHandle.current().pid() + "\n");
        cluster.forgetForeignPid();
        assertThat(file).doesNotExist();

        Files.writeString(file, server.pid() + "\n");
        cluster.forgetForeignPid();
        assertThat(file).exists();
        Files.delete(file);
    }

    private Process startServer() throws IOException {
        return ShortCommand.builder(cluster.serverCommand(port, 32), Map.of())
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private Connection connect(String password) {
        return await().atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> DriverManager.getConnection(url("orders"), "orders", password), ready -> true);
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    private static String query(Connection connection, String sql) throws SQLException {
        try (ResultSet rows = connection.createStatement().executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
