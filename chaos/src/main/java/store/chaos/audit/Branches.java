package store.chaos.audit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import store.chaos.audit.Facts.Order;

/** How many orders took each way through a checkout, so that a pass over nothing but happy ends is seen for what it is. */
final class Branches {

    private Branches() {}

    static Map<String, Long> of(Facts facts) {
        var ways = new LinkedHashMap<String, Predicate<Order>>();
        ways.put("confirmedAtOnce", order -> isConfirmed(order) && !Objects.equals(order.decidedBy, "RECOVERY"));
        ways.put("pendingThenConfirmed", order -> isConfirmed(order) && Objects.equals(order.decidedBy, "RECOVERY"));
        ways.put("ambiguousThenResolved", Branches::wasAmbiguous);
        // Something was held or captured, and was given back because the order was given up.
        ways.put(
                "compensated",
                order -> Objects.equals(order.status, "CANCELLED")
                        && (order.undone > 0 || Objects.equals(order.reservation, "RELEASED")));
        // A release before the reserve, or a void before the charge: whichever message came late found it.
        ways.put("withdrawnByTombstone", order -> Objects.equals(order.reservation, "WITHDRAWN") || order.voidedFirst);
        ways.put("fencedOff", order -> order.fencedOff);
        ways.put("priceChanged", order -> Objects.equals(order.reason, "PRICE_CHANGED"));
        var counts = new LinkedHashMap<String, Long>();
        ways.forEach(
                (way, took) -> counts.put(way, facts.all().stream().filter(took).count()));
        return counts;
    }

    private static boolean isConfirmed(Order order) {
        return Objects.equals(order.status, "CONFIRMED");
    }

    /**
     * Whoever sent the capture first did not learn what became of it, and another settled it: asked again with the same key, or told the
     * acquirer to void whatever there was.
     */
    private static boolean wasAmbiguous(Order order) {
        var settled = order.payment != null && !order.payment.equals("PENDING") && !order.payment.equals("VOIDING");
        var asked = Objects.equals(order.leftPendingTo, "CAPTURED") || Objects.equals(order.leftPendingTo, "DECLINED")
                ? order.sentAgain
                : order.sent;
        return settled && order.tookAnotherAttempt && asked;
    }
}
