package store.chaos.audit;

import org.jspecify.annotations.Nullable;
import store.chaos.audit.Facts.Stock;
import store.chaos.audit.Verdict.Finding;

final class StockAddsUp extends Invariant {

    StockAddsUp() {
        super("I1", "per product, initial = available + held + sold");
    }

    @Override
    Finding judge(Facts facts, Deadlines deadlines) {
        var check = new Check();
        for (var stock : facts.stock()) {
            check.checked(null, wrongSum(stock));
            check.alsoChecked(null, wrongReservations(stock));
        }
        return check.finding();
    }

    private static @Nullable String wrongSum(Stock stock) {
        return stock.available() >= 0 && stock.initial() == stock.available() + stock.held() + stock.sold()
                ? null
                : "%s: initial %d is not available %d + held %d + sold %d"
                        .formatted(stock.sku(), stock.initial(), stock.available(), stock.held(), stock.sold());
    }

    private static @Nullable String wrongReservations(Stock stock) {
        return stock.held() == stock.reserved() && stock.sold() == stock.committed()
                ? null
                : "%s: held %d and sold %d, but reservations hold %d and have sold %d"
                        .formatted(stock.sku(), stock.held(), stock.sold(), stock.reserved(), stock.committed());
    }
}
