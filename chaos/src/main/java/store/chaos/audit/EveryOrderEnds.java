package store.chaos.audit;

final class EveryOrderEnds extends Invariant.PerOrder {

    EveryOrderEnds() {
        super("I7", "every order ends in time");
    }

    @Override
    void judge(Order order, Deadlines deadlines, Check check) {
        if (order.row() == null) {
            return; // if it was acknowledged, it is missing under I5; if it was charged, under I3
        }
        var deadline = deadlines.of(order);
        if (!order.isFinal()) {
            check.checked(
                    order.id(),
                    order.described() + " still, " + deadlines.lateNow(deadline),
                    deadlines.isAhead(deadline));
        } else if (order.finalAt() > deadline) {
            check.checked(order.id(), order.described() + " only " + Deadlines.late(order.finalAt(), deadline));
        } else {
            check.checked(order.id(), null);
        }
    }
}
