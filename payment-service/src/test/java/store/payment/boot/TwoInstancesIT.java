package store.payment.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static store.payment.Orders.order;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
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
import store.payment.ChargeOrder;
import store.payment.Money;
import store.payment.Payments;
import store.testing.TestDatabase;

/** Two instances over one database share the resolver. No code reads their machines' clocks ({@code ServiceRules}). */
class TwoInstancesIT {

    /** Enough for a tick and two batches on a busy machine. */
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

    @Test
    void aStoppedInstanceLeavesNothingToWaitFor() throws Exception {
        Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        var charged = order();
        try (var hung = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var one = start(
                    hung.getLocalPort(),
                    "--store.payment.acquirer.timeout=10s",
                    "--spring.lifecycle.timeout-per-shutdown-phase=1s",
                    "--store.payment.attempts.lease=60s");
            var charge = threads.submit(() ->
                    one.getBean(ChargeOrder.class).charge(charged, new Money(1999, "EUR"), new CardToken("tok_visa")));
            leaveOpen(one, 1); // the resolver takes it over
            await().atMost(USUAL).until(() -> count("select count(*) from payments.payment where due_at > now()") == 2);
            assertThat(charge).isNotDone();
            one.close();
            await().atMost(USUAL)
                    .until(() ->
                            count("select count(*) from payments.payment where state = 'PENDING' and due_at <= now()")
                                    == 2);
        }
        try (var sandbox = AcquirerSandbox.start(AcquirerSettings.defaults(folder.resolve("acquirer")));
                var _ = start(sandbox)) {
            await().atMost(USUAL)
                    .until(() -> count("select count(*) from payments.payment where state = 'CAPTURED'") == 2);
        }
    }

    private ConfigurableApplicationContext start(AcquirerSandbox sandbox) {
        return start(sandbox.port());
    }

    private ConfigurableApplicationContext start(int acquirerPort, String... more) {
        var arguments = Stream.concat(
                Stream.of(
                        "--spring.config.name=payment-service",
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.datasource.url=" + database.jdbcUrl(),
                        "--spring.datasource.username=" + database.user(),
                        "--spring.datasource.password=" + database.password(),
                        "--store.payment.secret-file=" + folder.resolve("secret"),
                        "--store.payment.acquirer.address=http://127.0.0.1:" + acquirerPort),
                Stream.of(more));
        return new SpringApplicationBuilder(PaymentServiceApplication.class).run(arguments.toArray(String[]::new));
    }

    /** Leaves payments as a process does that dies after it has marked the capture as sent. */
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
