package store.order.jdbc;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.nio.file.Path;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.order.Dossiers;
import store.order.Orders;
import store.order.Settlements;
import store.resilience.KeyRing;
import store.resilience.KeysInUse;
import tools.jackson.databind.json.JsonMapper;

/** The module's state in PostgreSQL, schema {@code orders}. */
@Configuration(proxyBeanMethods = false)
public class OrderJdbcConfiguration {

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

    /** Fails if the keys do not fit the database: then nothing is served and nothing recovered. */
    @Bean
    @DependsOn("orderMigrated")
    KeyRing orderKeys(
            @Value("${store.order.secret-file}") Path file,
            @Qualifier("orderMigrations") Flyway migrations,
            JsonMapper json) {
        var ring = KeyRing.read(file, "store.order.secret-file");
        return new KeysInUse(migrations.getConfiguration().getDataSource(), "orders.key_in_use", """
            select card_token from orders.orders
            where status = 'PENDING' and key_id is null and card_token is not null limit 100
            """)
                .take(ring, new OrderRows(json, ring)::opens);
    }

    @Bean
    OrderRows orderRows(JsonMapper json, @Qualifier("orderKeys") KeyRing keys) {
        return new OrderRows(json, keys);
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
