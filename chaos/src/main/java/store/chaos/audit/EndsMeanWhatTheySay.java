package store.chaos.audit;

import org.jspecify.annotations.Nullable;

final class EndsMeanWhatTheySay extends Invariant.PerOrder {

    EndsMeanWhatTheySay() {
        super("I4", "confirmed means captured and sold; any other end leaves nothing captured or reserved");
    }

    @Override
    void judge(Order order, Deadlines deadlines, Check check) {
        if (order.row() != null && !order.isFinal()) {
            return; // an order without a row must have left nothing behind, like one that was refused
        }
        var wrong = order.is("CONFIRMED") ? unfulfilled(order) : leftOver(order);
        check.checked(
                order.id(),
                wrong == null ? null : order.described() + ", but " + wrong,
                deadlines.isAhead(deadlines.ofSettling(order)));
    }

    /** A later chargeback changes nothing: the store kept what it captured. */
    private static @Nullable String unfulfilled(Order order) {
        if (order.kept() <= 0) {
            return order.isCaptured() ? "its capture was undone" : "nothing was captured";
        }
        if (order.isReserved("COMMITTED")) {
            return null;
        }
        return "its stock is "
                + (order.reservation() == null
                        ? "not reserved"
                        : order.reservation().state());
    }

    private static @Nullable String leftOver(Order order) {
        if (order.net() > 0) {
            return "%d %s stays captured"
                    .formatted(order.net(), order.movements().getFirst().currency());
        }
        return order.reservation() != null && (order.isReserved("HELD") || order.isReserved("COMMITTED"))
                ? "its stock is " + order.reservation().state()
                : null;
    }
}
