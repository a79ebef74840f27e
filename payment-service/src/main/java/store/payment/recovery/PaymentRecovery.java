package store.payment.recovery;

import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.payment.ReconcileLedger;
import store.payment.ResolvePayments;

/** The module's recurring work, by a db-scheduler of its own whose table is in the module's schema. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PaymentRecovery.RecoveryProperties.class)
public class PaymentRecovery {

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

    /**
     * @param resolveEvery pause between two batches of payments, and between two looks for work
     * @param reconcileEvery pause between two comparisons with the acquirer's statement
     */
    @ConfigurationProperties("store.payment.recovery")
    record RecoveryProperties(Duration resolveEvery, Duration reconcileEvery) {}
}
