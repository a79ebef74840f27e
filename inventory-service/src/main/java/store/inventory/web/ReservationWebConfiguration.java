package store.inventory.web;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.inventory.ReserveStock;
import store.inventory.SettleReservation;

/** The internal API of the service: reservations. */
@Configuration(proxyBeanMethods = false)
public class ReservationWebConfiguration {

    @Bean
    ReservationController reservationController(ReserveStock reserveStock, SettleReservation settleReservation) {
        return new ReservationController(reserveStock, settleReservation);
    }
}
