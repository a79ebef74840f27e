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

/** The module's recurring work, by a db-scheduler of its own whose table is in the module's schema. */
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

    /** What an alarm is set on: each should be 0. The first is read from the database whenever somebody looks. */
    @Bean
    MeterBinder paymentDefects(Payments payments) {
        return registry -> {
            Gauge.builder("store.payments.unreconciled", payments, Payments::unreconciled)
                    .description("Payments whose movements add up to neither nothing nor the amount charged")
                    .register(registry);
            FunctionCounter.builder("store.payments.writes.refused", payments, Payments::writesRefused)
                    .description("Writes that a constraint of the database has refused")
                    .register(registry);
        };
    }

    /** What an alarm is set on: each should be 0, but for the age, which is a few seconds. Read from the database whenever somebody looks. */
    @Bean
    MeterBinder reconciliation(Discrepancies discrepancies) {
        return registry -> {
            Gauge.builder("store.payments.discrepancies.open", discrepancies, Discrepancies::open)
                    .description("What reconciliation found and cannot explain, and an operator has to look into")
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
                    .description("How long ago the acquirer's statement was last read to its end")
                    .register(registry);
        };
    }

    /**
     * @param resolveEvery pause between two batches of payments, and between two looks for work
     * @param reconcileEvery pause between two comparisons with the acquirer's statement
     */
    @ConfigurationProperties("store.payment.recovery")
    record RecoveryProperties(Duration resolveEvery, Duration reconcileEvery) {}
}
