package store.payment.jdbc;

import java.nio.file.Path;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.Discrepancies;
import store.payment.Ledger;
import store.payment.Payments;
import store.resilience.KeyRing;
import store.resilience.KeysInUse;

/** The module's state in PostgreSQL, schema {@code payments}. */
@Configuration(proxyBeanMethods = false)
public class PaymentJdbcConfiguration {

    /** Migrates over its own connection: the pool's statement timeout is for requests. */
    @Bean
    Flyway paymentMigrations(JdbcConnectionDetails database) {
        return Flyway.configure()
                .dataSource(
                        Objects.requireNonNull(database.getJdbcUrl()), database.getUsername(), database.getPassword())
                .schemas("payments")
                .defaultSchema("payments")
                .table("flyway_history")
                .locations("classpath:db/migration/payment")
                .load();
    }

    @Bean
    FlywayMigrationInitializer paymentMigrated(@Qualifier("paymentMigrations") Flyway migrations) {
        return new FlywayMigrationInitializer(migrations);
    }

    /** Refuses keys that do not fit the database. Without keys, no request is served and no payment is resolved. */
    @Bean
    @DependsOn("paymentMigrated")
    KeyRing paymentKeys(
            @Value("${store.payment.secret-file}") Path file, @Qualifier("paymentMigrations") Flyway migrations) {
        var ring = KeyRing.read(file, "store.payment.secret-file");
        return new KeysInUse(migrations.getConfiguration().getDataSource(), "payments.key_in_use", """
            select token from payments.payment where state = 'PENDING' and key_id is null limit 100
            """)
                .take(ring, new CardTokens(ring)::opens);
    }

    @Bean
    Payments jdbcPayments(JdbcClient jdbc, @Qualifier("paymentKeys") KeyRing keys) {
        return new JdbcPayments(jdbc, new CardTokens(keys));
    }

    @Bean
    Ledger jdbcLedger(JdbcClient jdbc) {
        return new JdbcLedger(jdbc);
    }

    @Bean
    Discrepancies jdbcDiscrepancies(JdbcClient jdbc) {
        return new JdbcDiscrepancies(jdbc);
    }
}
