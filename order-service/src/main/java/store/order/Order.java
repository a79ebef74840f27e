package store.order;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One checkout as recorded. Its verbs return the order's next version; only {@link Orders} records it.
 *
 * @param lines sorted by SKU, no SKU twice
 * @param expectedTotal what the customer agreed to pay
 * @param total the sum of the lines at the prices they are held at; null until they are held, or if they have no sum
 * @param reason null only when confirmed
 * @param answer the answer to the placing request; null until the order is final
 */
public record Order(
        OrderId id,
        CustomerId customer,
        List<OrderLine> lines,
        Money expectedTotal,
        @Nullable Money total,
        Status status,
        @Nullable Reason reason,
        Instant createdAt,
        Instant updatedAt,
        @Nullable StoredAnswer answer) {

    public Order {
        if (answer != null && !status.isFinal()) {
            throw new IllegalArgumentException("only a final order has a stored answer");
        }
    }

    /** Whether these are the order's lines, each with a price. */
    boolean isHeldBy(List<OrderLine> held) {
        return held.stream().allMatch(line -> line.unitPrice() != null)
                && wanted(held).equals(wanted(lines));
    }

    private static Set<OrderLine> wanted(List<OrderLine> lines) {
        return lines.stream()
                .map(line -> OrderLine.of(line.sku(), line.quantity()))
                .collect(Collectors.toSet());
    }

    /** The order with its lines at the prices they are held at; it now awaits payment. */
    Order heldAt(List<OrderLine> priced) {
        require(Status.PENDING);
        return new Order(
                id,
                customer,
                priced,
                expectedTotal,
                sum(priced),
                status,
                Reason.AWAITING_PAYMENT,
                createdAt,
                updatedAt,
                null);
    }

    /** Null if there is no sum: the prices are in two currencies, or the sum overflows. */
    private static @Nullable Money sum(List<OrderLine> priced) {
        try {
            return priced.stream()
                    .map(line -> Objects.requireNonNull(line.unitPrice()).times(line.quantity()))
                    .reduce(Money::plus)
                    .orElseThrow();
        } catch (IllegalArgumentException | ArithmeticException _) {
            return null;
        }
    }

    Order confirmed() {
        require(Status.PENDING);
        return in(Status.CONFIRMED, null);
    }

    Order rejected(Reason why) {
        require(Status.PENDING);
        return in(Status.REJECTED, why);
    }

    Order declined(Reason why) {
        require(Status.PENDING);
        return in(Status.DECLINED, why);
    }

    Order cancelling(Reason why) {
        require(Status.PENDING);
        return in(Status.CANCELLING, why);
    }

    Order cancelled() {
        require(Status.CANCELLING);
        return in(Status.CANCELLED, reason);
    }

    Order setAside() {
        return in(Status.NEEDS_ATTENTION, Reason.CONTRADICTION);
    }

    /** PENDING again, from the stock on. Only for an order that was not given up. */
    Order pendingAgain() {
        require(Status.NEEDS_ATTENTION);
        return in(Status.PENDING, Reason.AWAITING_STOCK);
    }

    /** Changed at {@code now}, or at its last change if the clock was set back since. */
    Order at(Instant now) {
        var changedAt = now.isBefore(updatedAt) ? updatedAt : now;
        return new Order(id, customer, lines, expectedTotal, total, status, reason, createdAt, changedAt, answer);
    }

    boolean isOlderThan(Duration age, Instant now) {
        return createdAt.plus(age).isBefore(now);
    }

    Order answeredWith(StoredAnswer stored) {
        return new Order(id, customer, lines, expectedTotal, total, status, reason, createdAt, updatedAt, stored);
    }

    boolean costs(@Nullable Money price) {
        return total != null && total.equals(price);
    }

    /** Whether it is on record that inventory holds its lines. */
    boolean wasHeld() {
        return total != null;
    }

    private Order in(Status next, @Nullable Reason why) {
        return new Order(id, customer, lines, expectedTotal, total, next, why, createdAt, updatedAt, null);
    }

    private void require(Status expected) {
        if (status != expected) {
            throw new IllegalStateException("order " + id + " is " + status + ", not " + expected);
        }
    }
}
