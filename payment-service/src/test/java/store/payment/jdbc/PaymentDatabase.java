package store.payment.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Base64;
import javax.sql.DataSource;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.Discrepancies;
import store.payment.Ledger;
import store.payment.Payments;
import store.resilience.KeyRing;
import store.testing.TestDatabase;

/** The module's schema in a real, empty PostgreSQL database. */
public final class PaymentDatabase implements AutoCloseable {

    private final HikariDataSource pool = new HikariDataSource();
    private final JdbcClient jdbc;

    public PaymentDatabase() {
        this(TestDatabase.create());
    }

    /** @param database an empty one, or one that has the schema already */
    public PaymentDatabase(TestDatabase database) {
        new PaymentJdbcConfiguration()
                .paymentMigrations(new JdbcConnectionDetails() {
                    @Override
                    public String getJdbcUrl() {
                        return database.jdbcUrl();
                    }

                    @Override
                    public String getUsername() {
                        return database.user();
                    }

                    @Override
                    public String getPassword() {
                        return database.password();
                    }
                })
                .migrate();
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        jdbc = JdbcClient.create(pool);
    }

    public Payments payments() {
        return payments(0);
    }

    /** @param keys one number for each key of the ring; the first stands for the current key */
    Payments payments(int... keys) {
        return new JdbcPayments(jdbc, new CardTokens(ring(keys)));
    }

    static KeyRing ring(int... keys) {
        try {
            var file = Files.createTempFile("ring", "");
            try {
                Files.write(
                        file,
                        Arrays.stream(keys)
                                .mapToObj(key -> {
                                    var secret = new byte[32];
                                    Arrays.fill(secret, (byte) key);
                                    return Base64.getEncoder().encodeToString(secret);
                                })
                                .toList());
                return KeyRing.read(file, "test");
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Ledger ledger() {
        return new JdbcLedger(jdbc);
    }

    public Discrepancies discrepancies() {
        return new JdbcDiscrepancies(jdbc);
    }

    public JdbcClient jdbc() {
        return jdbc;
    }

    public DataSource dataSource() {
        return pool;
    }

    @Override
    public void close() {
        pool.close();
    }
}
