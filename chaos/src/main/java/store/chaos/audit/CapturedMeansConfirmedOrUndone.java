package store.chaos.audit;

final class CapturedMeansConfirmedOrUndone extends Invariant.PerOrder {

    CapturedMeansConfirmedOrUndone() {
        super("I3", "captured means confirmed, or undone in time");
    }

    @Override
    void judge(Order order, Deadlines deadlines, Check check) {
        if (!order.isCaptured() && !order.isFinal()) {
            return;
        }
        var deadline = deadlines.of(order);
        if (order.isCaptured()) {
            deadline = Math.max(deadline, deadlines.from(order.capturedAt()));
        }
        String wrong = null;
        if (!order.is("CONFIRMED") && order.net() > 0) {
            wrong = "captured, but " + order.described();
        } else if (!order.is("CONFIRMED") && undoneAt(order) > deadline) {
            wrong = "captured, " + order.described() + ", and undone only " + Deadlines.late(undoneAt(order), deadline);
        }
        check.checked(order.id(), wrong, deadlines.isAhead(deadline));
    }

    /** When the last captured money was returned; 0 if none ever was. */
    private static long undoneAt(Order order) {
        var undoneAt = 0L;
        var net = 0L;
        for (var movement : order.movements()) {
            var before = net;
            net += movement.signed();
            if (before > 0 && net <= 0) {
                undoneAt = movement.at().toEpochMilli();
            }
        }
        return undoneAt;
    }
}
