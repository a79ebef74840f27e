package store.inventory.jdbc;

import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.inventory.Catalogue;
import store.inventory.Reservations;
import store.inventory.Stock;
import tools.jackson.databind.json.JsonMapper;

/** The module's state in PostgreSQL, schema {@code inventory}. */
@Configuration(proxyBeanMethods = false)
public class InventoryJdbcConfiguration {

    /**
     * Migrates over its own connection: the pool's statement timeout is for requests.
     *
     * @param stock initial pieces of every product; empty for the quantities of the migration
     */
    @Bean
    Flyway inventoryMigrations(JdbcConnectionDetails database, @Value("${store.inventory.stock:}") String stock) {
        return Flyway.configure()
                .dataSource(
                        Objects.requireNonNull(database.getJdbcUrl()), database.getUsername(), database.getPassword())
                .schemas("inventory")
                .defaultSchema("inventory")
                .table("flyway_history")
                .locations("classpath:db/migration/inventory")
                .placeholders(Map.of(
                        "stock",
                        stock.isEmpty() ? "null" : Integer.valueOf(stock).toString()))
                .load();
    }

    @Bean
    FlywayMigrationInitializer inventoryMigrated(@Qualifier("inventoryMigrations") Flyway migrations) {
        return new FlywayMigrationInitializer(migrations);
    }

    @Bean
    Catalogue catalogue(JdbcClient jdbc) {
        return new JdbcCatalogue(jdbc);
    }

    @Bean
    Stock stock(JdbcClient jdbc) {
        return new JdbcStock(jdbc);
    }

    @Bean
    Reservations reservations(JdbcClient jdbc, JsonMapper json) {
        return new JdbcReservations(jdbc, json);
    }
}
