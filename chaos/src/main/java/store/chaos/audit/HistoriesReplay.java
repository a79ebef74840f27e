package store.chaos.audit;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Order.Change;
import store.chaos.audit.Order.Step;

final class HistoriesReplay extends Invariant.PerOrder {

    /** ARCHITECTURE.md, "States of an order". */
    private static final Map<String, Set<String>> NEXT_STATUS = Map.of(
            "PENDING",
            Set.of("PENDING", "CONFIRMED", "REJECTED", "DECLINED", "CANCELLING", "NEEDS_ATTENTION"),
            "CANCELLING",
            Set.of("CANCELLED", "NEEDS_ATTENTION"),
            // An operator's retry leads back to the status that the order left; resolve leads to an end.
            "NEEDS_ATTENTION",
            Set.of("PENDING", "CANCELLING", "CONFIRMED", "CANCELLED", "NEEDS_ATTENTION"));

    HistoriesReplay() {
        super("I8", "the audit and the events replay to the current state");
    }

    @Override
    void judge(Order order, Deadlines deadlines, Check check) {
        var reservation =
                order.reservation() == null ? null : order.reservation().state();
        var payment = order.payment() == null ? null : order.payment().state();
        check.checked(order.id(), wrongAudit(order));
        check.alsoChecked(order.id(), wrongSteps("reservation", order.reservationSteps(), reservation));
        check.alsoChecked(order.id(), wrongSteps("payment", order.paymentSteps(), payment));
    }

    private static @Nullable String wrongAudit(Order order) {
        Change before = null;
        for (var change : order.changes()) {
            var possible = before == null ? Set.of("PENDING") : NEXT_STATUS.getOrDefault(before.status(), Set.of());
            if (!possible.contains(change.status())) {
                return "its audit goes from %s to %s"
                        .formatted(before == null ? "nothing" : before.status(), change.status());
            }
            before = change;
        }
        var status = before == null ? null : before.status();
        var reason = before == null ? null : before.reason();
        var row = order.row();
        return Objects.equals(status, row == null ? null : row.status())
                        && Objects.equals(reason, row == null ? null : row.reason())
                ? null
                : "its audit ends %s (%s), but %s".formatted(status, reason, order.described());
    }

    private static @Nullable String wrongSteps(String what, List<Step> steps, @Nullable String now) {
        String state = null;
        for (var step : steps) {
            if (!Objects.equals(step.from(), state)) {
                return "its %s's events go from %s on as if from %s".formatted(what, state, step.from());
            }
            state = step.to();
        }
        return Objects.equals(state, now)
                ? null
                : "its %s's events end %s, but the %s is %s".formatted(what, state, what, now);
    }
}
