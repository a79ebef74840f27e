package store.monolith;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.inventory.ReserveStock;
import store.inventory.SettleReservation;
import store.order.Inventory;
import store.order.Payments;
import store.payment.ChargeOrder;
import store.payment.VoidPayment;
import store.resilience.TransactionGuard;
import store.resilience.spring.SpringTransactionGuard;

/** How the modules reach each other in this build. */
@Configuration(proxyBeanMethods = false)
public class InProcessPeers {

    @Bean
    Inventory inventory(ReserveStock reserveStock, SettleReservation settleReservation, TransactionGuard guard) {
        return new InProcessInventory(reserveStock, settleReservation, guard);
    }

    @Bean
    Payments payments(ChargeOrder chargeOrder, VoidPayment voidPayment, TransactionGuard guard) {
        return new InProcessPayments(chargeOrder, voidPayment, guard);
    }

    @Bean
    TransactionGuard transactionGuard() {
        return new SpringTransactionGuard();
    }
}
