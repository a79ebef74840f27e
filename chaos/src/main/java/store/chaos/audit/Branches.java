package store.chaos.audit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** How many orders took each way through a checkout, so that a run without any faults is seen for what it is. */
final class Branches {

    private Branches() {}

    static Map<String, Long> of(Facts facts) {
        var ways = new LinkedHashMap<String, Predicate<Order>>();
        ways.put("confirmedAtOnce", order -> order.is("CONFIRMED") && !isEndedByRecovery(order));
        ways.put("pendingThenConfirmed", order -> order.is("CONFIRMED") && isEndedByRecovery(order));
        ways.put("ambiguousThenResolved", Branches::wasAmbiguous);
        // The order was given up, and its stock or its money was given back.
        ways.put(
                "compensated",
                order -> order.is("CANCELLED")
                        && (order.count("VOID") + order.count("REFUND") > 0 || order.isReserved("RELEASED")));
        // The release came before the reserve, or the void before the charge.
        ways.put("withdrawnByTombstone", order -> order.isReserved("WITHDRAWN") || wasVoidedFirst(order));
        ways.put("fencedOff", Order::fencedOff);
        ways.put(
                "priceChanged",
                order -> order.row() != null
                        && "PRICE_CHANGED".equals(order.row().reason()));
        var counts = new LinkedHashMap<String, Long>();
        ways.forEach((way, took) ->
                counts.put(way, facts.orders().values().stream().filter(took).count()));
        return counts;
    }

    private static boolean isEndedByRecovery(Order order) {
        var end = order.end();
        return end != null && end.actor().equals("RECOVERY");
    }

    private static boolean wasVoidedFirst(Order order) {
        return order.paymentSteps().stream()
                .anyMatch(step -> step.from() == null && step.to().equals("VOIDING"));
    }

    /**
     * The attempt that sent the capture did not learn its outcome, and another attempt settled it: it asked again with the same key, or
     * told the acquirer to void whatever there was.
     */
    private static boolean wasAmbiguous(Order order) {
        var payment = order.payment();
        var leftPending = order.paymentSteps().reversed().stream()
                .filter(step -> "PENDING".equals(step.from()))
                .findFirst();
        if (payment == null
                || payment.state().equals("PENDING")
                || payment.state().equals("VOIDING")
                || leftPending.isEmpty()
                || leftPending.get().attempt() <= 1) {
            return false;
        }
        var to = leftPending.get().to();
        return to.equals("CAPTURED") || to.equals("DECLINED") ? payment.sentAgain() : payment.sent();
    }
}
