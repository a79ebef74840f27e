package store.payment.web;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.payment.ChargeOrder;
import store.payment.VoidPayment;

/** The internal API of the service. */
@Configuration(proxyBeanMethods = false)
public class PaymentWebConfiguration {

    @Bean
    PaymentController paymentController(ChargeOrder chargeOrder, VoidPayment voidPayment) {
        return new PaymentController(chargeOrder, voidPayment);
    }
}
