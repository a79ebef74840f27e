package store.inventory;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Holds stock for an order: all of its lines or none. Idempotent by the order's id: a repeat gets the first answer or, after a release, <i>withdrawn</i>.
 *
 * <p>The reservation's row is written before any stock moves. So attempts for one order wait for each other there, not
 * at the rows of popular products, and a product's row is locked only from its update to the commit.
 */
public final class ReserveStock {

    private final Catalogue catalogue;
    private final Stock stock;
    private final Reservations reservations;
    private final RefusedWrites refusedWrites;
    private final TransactionOperations transactions;

    public ReserveStock(
            Catalogue catalogue,
            Stock stock,
            Reservations reservations,
            RefusedWrites refusedWrites,
            TransactionOperations transactions) {
        this.catalogue = catalogue;
        this.stock = stock;
        this.reservations = reservations;
        this.refusedWrites = refusedWrites;
        this.transactions = transactions;
    }

    /** Holds {@code lines}: they come in any order, and no SKU twice. */
    public ReservationAnswer reserve(OrderId orderId, List<Line> lines) {
        var wanted = lines.stream().sorted(Comparator.comparing(Line::sku)).toList();
        var products = catalogue.find(wanted.stream().map(Line::sku).toList()).stream()
                .collect(Collectors.toMap(Product::sku, Function.identity()));
        if (products.size() < wanted.size()) {
            return record(Reservation.refused(orderId, wanted, Refusal.UNKNOWN_PRODUCT));
        }
        try {
            var priced = wanted.stream().map(line -> priced(line, products)).toList();
            return record(Reservation.held(orderId, wanted, priced));
        } catch (InsufficientStock _) {
            return record(Reservation.refused(orderId, wanted, Refusal.OUT_OF_STOCK));
        }
    }

    private ReservationAnswer record(Reservation reservation) {
        try {
            return transactions.execute(_ -> {
                if (reservations.insert(reservation)) {
                    reservation.held().forEach(line -> {
                        if (!stock.take(line.sku(), line.quantity())) {
                            throw new InsufficientStock();
                        }
                    });
                    return reservation.answerTo(reservation.requested());
                }
                return reservations.find(reservation.orderId()).orElseThrow().answerTo(reservation.requested());
            });
        } catch (DataIntegrityViolationException e) {
            return new ReservationAnswer.Contradiction(refusedWrites.add(reservation.orderId(), e));
        }
    }

    private static HeldLine priced(Line line, Map<String, Product> products) {
        var product = requireNonNull(products.get(line.sku()), "every product that is reserved was found");
        return new HeldLine(line.sku(), product.name(), line.quantity(), product.price());
    }

    /** Rolls the transaction back: nothing is held, and another transaction records the refusal. */
    private static final class InsufficientStock extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InsufficientStock() {
            super(null, null, false, false);
        }
    }
}
