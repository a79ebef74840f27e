package store.chaos.audit;

import org.jspecify.annotations.Nullable;
import store.chaos.audit.Order.Movement;

/**
 * Adds up amounts, and judges the sum after each movement: a second capture is a second charge, even if it was voided soon after. A sum
 * that is neither nothing nor the total passes only while the payment is UNRECONCILED and the order has not ended.
 */
final class MoneyAddsUp extends Invariant.PerOrder {

    MoneyAddsUp() {
        super("I2", "per order, the movements of money add up to nothing or to the order's total");
    }

    @Override
    void judge(Order order, Deadlines deadlines, Check check) {
        var wrong = impossible(order);
        if (wrong != null) {
            check.checked(order.id(), wrong);
        } else {
            check.checked(order.id(), wrongSum(order), isUnreconciled(order));
        }
    }

    /** Says what is wrong with the movements, whatever the payment says; null if nothing is. */
    private static @Nullable String impossible(Order order) {
        var kept = 0L;
        var net = 0L;
        var keptAtOnce = 0L;
        var leastNet = 0L;
        for (var movement : order.movements()) {
            var amount = movement.signed();
            switch (movement.kind()) {
                case "CAPTURE" -> keptAtOnce = Math.max(keptAtOnce, kept > 0 ? kept + amount : 0);
                case "VOID", "REFUND", "CHARGEBACK" -> {}
                default -> {
                    return "the statement has a " + movement.kind() + ", which this audit cannot add up";
                }
            }
            kept += movement.kind().equals("CHARGEBACK") ? 0 : amount;
            net += amount;
            leastNet = Math.min(leastNet, net);
        }
        var row = order.row();
        if (row != null
                && order.movements().stream()
                        .anyMatch(moved -> !moved.currency().equals(row.currency()))) {
            return "money moved in another currency than " + row.currency();
        }
        if (keptAtOnce > 0) {
            return "captured %d times, and %d of it stood at once".formatted(order.count("CAPTURE"), keptAtOnce);
        }
        return leastNet == 0
                ? null
                : "%d more returned than captured: %d captures, %d voids or refunds, %d chargebacks"
                        .formatted(
                                -leastNet,
                                order.count("CAPTURE"),
                                order.count("VOID") + order.count("REFUND"),
                                order.count("CHARGEBACK"));
    }

    private static @Nullable String wrongSum(Order order) {
        if (order.net() == 0 || order.net() == whole(order)) {
            return null;
        }
        return order.row() == null
                ? "captured %d, and %d of it stands".formatted(whole(order), order.net())
                : "captured %d, but its total is %d %s"
                        .formatted(order.net(), whole(order), order.row().currency());
    }

    /** The order's total. Without a row the total is not known: then the sum must be a whole capture. */
    private static long whole(Order order) {
        return order.row() != null
                ? order.row().total()
                : order.movements().stream()
                        .filter(movement -> movement.kind().equals("CAPTURE"))
                        .mapToLong(Movement::amount)
                        .max()
                        .orElse(0);
    }

    private static boolean isUnreconciled(Order order) {
        return !order.isFinal()
                && order.payment() != null
                && order.payment().state().equals("UNRECONCILED");
    }
}
