package store.inventory.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.inventory.Catalogue;
import store.inventory.Money;
import store.inventory.Product;

final class JdbcCatalogue implements Catalogue {

    private static final String SELECT = """
        select sku, name, description, price_amount, price_currency, available
        from inventory.product join inventory.stock using (sku)
        """;

    private final JdbcClient jdbc;

    JdbcCatalogue(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public List<Product> all() {
        return jdbc.sql(SELECT + "order by sku").query(JdbcCatalogue::product).list();
    }

    @Override
    public Optional<Product> find(String sku) {
        return find(List.of(sku)).stream().findFirst();
    }

    @Override
    public List<Product> find(Collection<String> skus) {
        return jdbc.sql(SELECT + "where sku = any(?)")
                .param(skus.toArray(String[]::new))
                .query(JdbcCatalogue::product)
                .list();
    }

    private static Product product(ResultSet row, int number) throws SQLException {
        return new Product(
                row.getString("sku"),
                row.getString("name"),
                row.getString("description"),
                new Money(row.getLong("price_amount"), row.getString("price_currency")),
                row.getInt("available"));
    }
}
