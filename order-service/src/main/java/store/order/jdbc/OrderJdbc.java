package store.order.jdbc;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import javax.crypto.SecretKey;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.order.Dossiers;
import store.order.Orders;
import store.order.Settlements;
import tools.jackson.databind.json.JsonMapper;

/** The module's state in PostgreSQL, schema {@code orders}. */
@Configuration(proxyBeanMethods = false)
public class OrderJdbc {

    /** Migrates over a connection of its own: the pool's statement timeout is for requests. */
    @Bean
    Flyway orderMigrations(JdbcConnectionDetails database) {
        return Flyway.configure()
                .dataSource(
                        Objects.requireNonNull(database.getJdbcUrl()), database.getUsername(), database.getPassword())
                .schemas("orders")
                .defaultSchema("orders")
                .table("flyway_history")
                .locations("classpath:db/migration/order")
                .load();
    }

    @Bean
    FlywayMigrationInitializer orderMigrated(@Qualifier("orderMigrations") Flyway migrations) {
        return new FlywayMigrationInitializer(migrations);
    }

    @Bean
    OrderRows orderRows(JsonMapper json, @Qualifier("orderCardKey") SecretKey cardKey) {
        return new OrderRows(json, cardKey);
    }

    @Bean
    Orders orders(JdbcClient jdbc, OrderRows orderRows) {
        return new JdbcOrders(jdbc, orderRows);
    }

    @Bean
    Dossiers dossiers(JdbcClient jdbc, OrderRows orderRows) {
        return new JdbcDossiers(jdbc, orderRows);
    }

    @Bean
    Settlements settlements(JdbcClient jdbc, OrderRows orderRows) {
        return new JdbcSettlements(jdbc, orderRows);
    }

    /** Should stay 0: each refusal is a defect of this program. */
    @Bean
    MeterBinder refusedWrites(OrderRows orderRows) {
        return registry -> FunctionCounter.builder("store.orders.writes.refused", orderRows, OrderRows::refusals)
                .description("Writes that a constraint of the order database has refused")
                .register(registry);
    }
}
