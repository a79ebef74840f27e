package store.payment.boot;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import store.payment.Acquirer;
import store.payment.AttemptSettings;
import store.payment.Attempts;
import store.payment.ChargeOrder;
import store.payment.Ledger;
import store.payment.Payments;
import store.payment.ReconcileLedger;
import store.payment.ResolvePayments;
import store.payment.VoidPayment;
import store.payment.acquirer.AcquirerConfiguration;
import store.payment.jdbc.PaymentJdbcConfiguration;
import store.payment.operator.PaymentOperatorConfiguration;
import store.payment.recovery.PaymentRecoveryConfiguration;

/**
 * Payment without its internal API: payments and their ledger over one database, the acquirer, recovery, the operator's
 * API.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PaymentModule.PaymentProperties.class)
@Import({
    PaymentJdbcConfiguration.class,
    AcquirerConfiguration.class,
    PaymentRecoveryConfiguration.class,
    PaymentOperatorConfiguration.class
})
public class PaymentModule {

    /**
     * Spring destroys it after every bean that makes attempts and before the database's pool, so its last statement
     * hands back all payments that are still held.
     */
    @Bean(destroyMethod = "handBack")
    Attempts paymentAttempts(Payments payments, Acquirer acquirer, PaymentProperties properties, InstantSource time) {
        return new Attempts(payments, acquirer, properties.attempts(), time, new Random());
    }

    @Bean
    ChargeOrder chargeOrder(
            Payments payments, Acquirer acquirer, Attempts attempts, PaymentProperties properties, InstantSource time) {
        return new ChargeOrder(payments, acquirer, attempts, properties.attempts(), time);
    }

    @Bean
    VoidPayment voidPayment(Payments payments, Acquirer acquirer, Attempts attempts, PaymentProperties properties) {
        return new VoidPayment(payments, acquirer, attempts, properties.attempts());
    }

    @Bean
    ResolvePayments resolvePayments(
            Payments payments, Acquirer acquirer, Attempts attempts, PaymentProperties properties) {
        return new ResolvePayments(payments, acquirer, attempts, properties.attempts());
    }

    @Bean
    ReconcileLedger reconcileLedger(
            Ledger ledger, Acquirer acquirer, PaymentProperties properties, InstantSource time) {
        return new ReconcileLedger(ledger, acquirer, properties.bookingDelay(), time);
    }

    /** @param bookingDelay age at which a movement that the ledger does not have counts as missing */
    @ConfigurationProperties("store.payment")
    record PaymentProperties(AttemptSettings attempts, Duration bookingDelay) {}
}
