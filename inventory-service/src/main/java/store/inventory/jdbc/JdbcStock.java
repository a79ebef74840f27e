package store.inventory.jdbc;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.inventory.Stock;

/** The table's CHECKs back every update: pieces never vanish, and no number falls below zero. */
final class JdbcStock implements Stock {

    private final JdbcClient jdbc;

    JdbcStock(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public boolean take(String sku, int quantity) {
        return jdbc.sql("""
            update inventory.stock set available = available - :quantity, held = held + :quantity
            where sku = :sku and available >= :quantity
            """).param("sku", sku).param("quantity", quantity).update() == 1;
    }

    @Override
    public void sell(String sku, int quantity) {
        move(sku, quantity, "sold");
    }

    @Override
    public void giveBack(String sku, int quantity) {
        move(sku, quantity, "available");
    }

    private void move(String sku, int quantity, String to) {
        var rows = jdbc.sql(
                        "update inventory.stock set held = held - :quantity, %1$s = %1$s + :quantity where sku = :sku"
                                .formatted(to))
                .param("sku", sku)
                .param("quantity", quantity)
                .update();
        if (rows != 1) {
            throw new DataIntegrityViolationException("a reservation holds " + sku + ", which has no stock row");
        }
    }
}
