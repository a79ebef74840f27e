package store.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import store.testing.TestDatabase;

class KeysInUseIT {

    @TempDir
    private Path folder = Path.of("");

    private final PGSimpleDataSource database = new PGSimpleDataSource();
    private final KeysInUse inUse = new KeysInUse(database, "key_in_use", "select sealed from older");

    @BeforeEach
    void create() throws SQLException {
        var server = TestDatabase.create();
        database.setUrl(server.jdbcUrl());
        database.setUser(server.user());
        database.setPassword(server.password());
        execute("create table key_in_use (key_id text primary key, first_used_at timestamptz not null default now());"
                + " create table older (sealed bytea)");
    }

    @Test
    void takesARingThatHasEveryKeyAndPutsOnlyTheCurrentOneIntoUse() throws Exception {
        take(ring(1));
        take(ring(1));
        take(ring(1, 2));
        assertThat(keys()).containsExactly(ring(1).currentId());
        take(ring(2, 1));
        take(ring(1, 2));
        assertThat(keys()).containsExactlyInAnyOrder(ring(1).currentId(), ring(2).currentId());
    }

    @Test
    void refusesARingThatLacksAKeyAndChangesNothing() throws Exception {
        take(ring(1));
        take(ring(2, 1));
        var before = keys();
        for (var foreign : List.of(ring(2), ring(1), ring(3, 2), ring(3))) {
            assertThatExceptionOfType(UnusableKeys.class)
                    .isThrownBy(() -> take(foreign))
                    .withMessageContaining("ring (store.secret-file)")
                    .satisfies(refused -> assertThat(before)
                            .filteredOn(key -> !foreign.ids().contains(key))
                            .allMatch(String.valueOf(refused.getMessage())::contains));
        }
        assertThat(keys()).containsExactlyInAnyOrderElementsOf(before);
    }

    /** Rows that are older than the table name no key. Any key of the first ring may have sealed them. */
    @Test
    void theFirstRingIsInUseAsAWhole() throws Exception {
        take(ring(2, 1));
        assertThatExceptionOfType(UnusableKeys.class).isThrownBy(() -> take(ring(2)));
    }

    /** If no key is recorded, only the rows can show whether the ring fits. */
    @Test
    void refusesARingThatOpensNothingOfWhatNamesNoKey() throws Exception {
        execute("insert into older values ('broken'), ('under key 1')");
        assertThatExceptionOfType(UnusableKeys.class)
                .isThrownBy(() -> inUse.take(ring(2), _ -> false))
                .withMessageContaining("ring (store.secret-file)");
        assertThat(keys()).isEmpty();
        inUse.take(ring(1), row -> new String(row, StandardCharsets.US_ASCII).equals("under key 1"));
    }

    @Test
    void ofManyThatAreForeignToEachOtherOneGetsIn() throws Exception {
        var start = new CyclicBarrier(8);
        try (var processes = Executors.newFixedThreadPool(8)) {
            var tries = new ArrayList<Callable<KeyRing>>();
            for (var i = 1; i <= 8; i++) {
                var own = ring(i);
                tries.add(() -> {
                    start.await(10, TimeUnit.SECONDS);
                    return take(own);
                });
            }
            var taken = new ArrayList<String>();
            for (Future<KeyRing> outcome : processes.invokeAll(tries)) {
                try {
                    taken.add(outcome.get().currentId());
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(UnusableKeys.class);
                }
            }
            assertThat(taken).hasSize(1).isEqualTo(keys());
        }
    }

    private KeyRing take(KeyRing ring) {
        return inUse.take(ring, _ -> true);
    }

    private KeyRing ring(int... fills) throws IOException {
        var lines = Arrays.stream(fills)
                .mapToObj(fill -> {
                    var secret = new byte[32];
                    Arrays.fill(secret, (byte) fill);
                    return Base64.getEncoder().encodeToString(secret);
                })
                .toList();
        return KeyRing.read(Files.write(folder.resolve("ring"), lines), "store.secret-file");
    }

    private List<String> keys() throws SQLException {
        try (var connection = database.getConnection();
                var rows = connection.createStatement().executeQuery("select key_id from key_in_use")) {
            var keys = new ArrayList<String>();
            while (rows.next()) {
                keys.add(rows.getString(1));
            }
            return keys;
        }
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
