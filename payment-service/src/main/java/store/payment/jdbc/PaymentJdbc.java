package store.payment.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.payment.Discrepancies;
import store.payment.Ledger;
import store.payment.Payments;

/** The module's state in PostgreSQL, schema {@code payments}. */
@Configuration(proxyBeanMethods = false)
public class PaymentJdbc {

    /** Migrates over a connection of its own: the pool's statement timeout is for requests. */
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

    /** @param secretFile holds 32 random bytes in Base64 */
    @Bean
    Payments jdbcPayments(JdbcClient jdbc, @Value("${store.payment.secret-file}") Path secretFile)
            throws IOException, GeneralSecurityException {
        var secret = Base64.getMimeDecoder().decode(Files.readAllBytes(secretFile));
        return new JdbcPayments(jdbc, new CardTokens(secret));
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
