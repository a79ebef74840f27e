package store.payment.operator;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.payment.Discrepancies;
import store.resilience.spring.OperatorToken;

/** The operator's API of the module. */
@Configuration(proxyBeanMethods = false)
public class PaymentOperatorConfiguration {

    /** @param tokenFile the file with the operator's token; if empty, every request is refused */
    @Bean
    ReconciliationController reconciliationController(
            Discrepancies discrepancies, @Value("${store.payment.operator-token-file:}") String tokenFile) {
        return new ReconciliationController(
                discrepancies, OperatorToken.in(tokenFile, "store.payment.operator-token-file"));
    }
}
