package store.inventory.boot;

import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import store.inventory.Catalogue;
import store.inventory.RefusedWrites;
import store.inventory.ReportOverdueHolds;
import store.inventory.Reservations;
import store.inventory.ReserveStock;
import store.inventory.SettleReservation;
import store.inventory.Stock;
import store.inventory.jdbc.InventoryJdbcConfiguration;
import store.inventory.watch.InventoryWatchConfiguration;
import store.inventory.web.CatalogueWebConfiguration;

/** Inventory without its internal API: catalogue, stock and reservations over one database. */
@Configuration(proxyBeanMethods = false)
@Import({InventoryJdbcConfiguration.class, CatalogueWebConfiguration.class, InventoryWatchConfiguration.class})
public class InventoryModule {

    @Bean
    RefusedWrites refusedInventoryWrites() {
        return new RefusedWrites();
    }

    @Bean
    ReserveStock reserveStock(
            Catalogue catalogue,
            Stock stock,
            Reservations reservations,
            RefusedWrites refusedWrites,
            PlatformTransactionManager transactions) {
        return new ReserveStock(catalogue, stock, reservations, refusedWrites, new TransactionTemplate(transactions));
    }

    @Bean
    SettleReservation settleReservation(
            Stock stock,
            Reservations reservations,
            RefusedWrites refusedWrites,
            PlatformTransactionManager transactions) {
        return new SettleReservation(stock, reservations, refusedWrites, new TransactionTemplate(transactions));
    }

    @Bean
    ReportOverdueHolds reportOverdueHolds(
            Reservations reservations, @Value("${store.inventory.overdue-holds.age}") Duration age) {
        return new ReportOverdueHolds(reservations, age);
    }
}
