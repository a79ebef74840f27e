package store.payment.recovery;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.payment.Discrepancies;
import store.payment.Payments;
import store.payment.ReconcileLedger;
import store.payment.ResolvePayments;

/** The module's recurring work. It has its own db-scheduler, whose table is in the module's schema. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PaymentRecoveryConfiguration.RecoveryProperties.class)
public class PaymentRecoveryConfiguration {

    @Bean
    RecoveryScheduler paymentRecoveryScheduler(
            DataSource database,
            InstantSource time,
            ResolvePayments resolvePayments,
            ReconcileLedger reconcileLedger,
            RecoveryProperties properties) {
        return new RecoveryScheduler(
                database,
                time,
                resolvePayments,
                properties.resolveEvery(),
                reconcileLedger,
                properties.reconcileEvery());
    }

    /** Metrics for alarms: each should be 0. The first is read from the database at each request. */
    @Bean
    MeterBinder paymentDefects(Payments payments) {
        return registry -> {
            Gauge.builder("store.payments.unreconciled", payments, Payments::unreconciled)
                    .description("Payments whose movements add up to neither nothing nor the charged amount")
                    .register(registry);
            FunctionCounter.builder("store.payments.writes.refused", payments, Payments::writesRefused)
                    .description("Writes that a constraint of the database has refused")
                    .register(registry);
        };
    }

    /**
     * Metrics for alarms, read from the database at each request. Each should be 0, but the age, which is some seconds.
     */
    @Bean
    MeterBinder reconciliation(Discrepancies discrepancies) {
        return registry -> {
            Gauge.builder("store.payments.discrepancies.open", discrepancies, Discrepancies::open)
                    .description("Discrepancies that reconciliation found and an operator has to look into")
                    .register(registry);
            Gauge.builder("store.payments.movements.unreadable", discrepancies, Discrepancies::unreadable)
                    .description(
                            "Movements on the acquirer's statement that this version cannot read and has not booked")
                    .register(registry);
            Gauge.builder(
                            "store.payments.statement.age",
                            discrepancies,
                            look -> look.sinceStatementEnd().toSeconds())
                    .baseUnit("seconds")
                    .description("Time since the acquirer's statement was last read to its end")
                    .register(registry);
        };
    }

    /**
     * @param resolveEvery pause between two batches of payments; also how often the scheduler polls
     * @param reconcileEvery pause between two comparisons with the acquirer's statement
     */
    @ConfigurationProperties("store.payment.recovery")
    record RecoveryProperties(Duration resolveEvery, Duration reconcileEvery) {}
}
