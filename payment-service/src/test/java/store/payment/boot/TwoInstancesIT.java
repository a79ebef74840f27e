package store.payment.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static store.payment.Orders.order;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.Money;
import store.payment.Payments;
import store.testing.TestDatabase;

/** Two instances over one database share the resolver. Their machines' clocks are not asked, and may show anything ({@code ServiceRules}). */
class TwoInstancesIT {

    /** A tick, a batch or two, and a machine that is busy with other things. */
    private static final Duration USUAL = Duration.ofSeconds(10);

    @TempDir
    private Path folder = Path.of("");

    private final TestDatabase database = TestDatabase.create();
    private final JdbcClient jdbc =
            JdbcClient.create(new DriverManagerDataSource(database.jdbcUrl(), database.user(), database.password()));

    @Test
    void eitherResolvesWhatTheOtherLeftAndNoPaymentTwice() throws IOException {
        Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        try (var sandbox = AcquirerSandbox.start(AcquirerSettings.defaults(folder.resolve("acquirer")))) {
            try (var one = start(sandbox)) {
                try (var other = start(sandbox)) {
                    leaveOpen(other, 20);
                    awaitEachResolvedOnce(20);
                }
                leaveOpen(one, 20);
                awaitEachResolvedOnce(40);
            }
            try (var other = start(sandbox)) {
                leaveOpen(other, 20);
                awaitEachResolvedOnce(60);
            }
        }
    }

    private ConfigurableApplicationContext start(AcquirerSandbox sandbox) {
        return new SpringApplicationBuilder(PaymentServiceApplication.class)
                .run(
                        "--spring.config.name=payment-service",
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.datasource.url=" + database.jdbcUrl(),
                        "--spring.datasource.username=" + database.user(),
                        "--spring.datasource.password=" + database.password(),
                        "--store.payment.secret-file=" + folder.resolve("secret"),
                        "--store.payment.acquirer.address=http://127.0.0.1:" + sandbox.port());
    }

    /** As a request does that dies after it has marked the capture as sent. */
    private static void leaveOpen(ConfigurableApplicationContext instance, int count) {
        for (var i = 0; i < count; i++) {
            instance.getBean(Payments.class)
                    .begin(
                            new AcquirerKey("sandbox", order()),
                            new Money(1999, "EUR"),
                            new CardToken("tok_visa"),
                            true,
                            Duration.ZERO);
        }
    }

    private void awaitEachResolvedOnce(int payments) {
        await().atMost(USUAL)
                .until(() -> count("select count(*) from payments.payment where state = 'CAPTURED'") == payments);
        assertThat(count("select count(*) from payments.payment where attempt <> 2"))
                .as("taken over once each")
                .isZero();
        assertThat(count("select count(*) from payments.ledger_posting")).isEqualTo(payments);
    }

    private long count(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }
}
