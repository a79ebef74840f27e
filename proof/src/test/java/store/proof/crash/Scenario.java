package store.proof.crash;

import static store.proof.crash.Shop.CART;
import static store.proof.crash.Shop.TOO_MUCH;
import static store.proof.crash.Shop.TOTAL;

import java.util.Set;
import java.util.function.Consumer;
import store.order.Money;
import store.order.ResolveOrder.End;
import store.payment.Movement;

/** A course that a checkout can take. Together, the scenarios take every step of every port. */
enum Scenario {
    CONFIRMED(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    DECLINED(World.Kind.STANDARD, Set.of("DECLINED"), shop -> {
        shop.place(CART, "tok_declined", TOTAL);
        shop.finish();
    }),
    OUT_OF_STOCK(World.Kind.STANDARD, Set.of("REJECTED"), shop -> {
        shop.place(TOO_MUCH, "tok_visa", TOTAL);
        shop.finish();
    }),
    PRICE_CHANGED(World.Kind.STANDARD, Set.of("REJECTED"), shop -> {
        shop.place(CART, "tok_visa", new Money(TOTAL.amount() - 1, TOTAL.currency()));
        shop.finish();
    }),
    /** The acquirer captures and does not answer. Payment's recovery asks again, then the order's recovery does. */
    SILENT_ACQUIRER(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.finish();
    }),
    /** The customer repeats the request, looks at the order, and cancels: too late, unless the order is still open. */
    REPEATED(World.Kind.STANDARD, Set.of("CONFIRMED", "CANCELLED"), shop -> {
        shop.place(CART, "tok_visa", TOTAL);
        shop.place(CART, "tok_visa", TOTAL);
        shop.look();
        shop.cancel();
        shop.finish();
    }),
    /** Only the statement shows the chargeback. */
    CHARGED_BACK(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.place(CART, "tok_fraud_later", TOTAL);
        shop.finish();
        shop.reconcile(Movement.Kind.CHARGEBACK);
    }),
    CANCELLED_WHILE_PENDING(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.cancel();
        shop.finish();
    }),
    CANCELLED_WHEN_CAPTURED(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.resolvePayment();
        shop.cancel();
        shop.finish();
    }),
    /** Release comes before reserve, and void before charge. Both leave tombstones, and the late reserve finds one. */
    CANCEL_OVERTAKES_RESERVE(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.cancelBefore("order Inventory.reserve");
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    CANCEL_OVERTAKES_CHARGE(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.cancelBefore("order Payments.charge");
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    CANCEL_OVERTAKES_THE_END(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.cancelBefore("order Orders.conclude");
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    COMMIT_UNANSWERED(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.loseAnswerOf("order Inventory.commit");
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    /** Recovery claims the order, and later its settlement. Both times its process stops before it does anything. */
    STOPPED(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.takeUpAndStop();
        shop.resolvePayment();
        shop.recover();
        shop.takeUpAndStop();
        shop.finish();
    }),
    VOID_UNANSWERED(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.loseAnswerOf("order Payments.voidCharge");
        shop.place(CART, "tok_silent", TOTAL);
        shop.cancel();
        shop.finish();
    }),
    /**
     * Payment contradicts itself, which only an operator can resolve. The operator retries here, and once more at the
     * end.
     */
    OPERATOR_RETRIES(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.contradict("order Payments.charge");
        shop.place(CART, "tok_visa", TOTAL);
        shop.retry();
        shop.finish();
        shop.retry();
    }),
    OPERATOR_CANCELS(World.Kind.STANDARD, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.contradict("order Payments.charge");
        shop.place(CART, "tok_visa", TOTAL);
        shop.resolve(End.CANCELLED);
        shop.finish();
    }),
    /** The operator's first attempt to confirm fails. */
    OPERATOR_CONFIRMS(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.contradict("order Payments.charge");
        shop.place(CART, "tok_visa", TOTAL);
        shop.contradict("order Payments.charge");
        shop.resolve(End.CONFIRMED);
        shop.resolve(End.CONFIRMED);
        shop.finish();
    }),
    OUT_OF_PATIENCE(World.Kind.IMPATIENT, Set.of("CANCELLED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.finish();
    }),
    /** The capture can no longer be voided, so it is refunded. */
    REFUNDED(World.Kind.LATE, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.cancel();
        shop.finish();
    }),
    /** The order is so old that the acquirer may have forgotten its key, so payment looks up the acquirer's record. */
    OLD_KEY(World.Kind.OLD, Set.of("CANCELLED"), shop -> {
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    /** The acquirer captured, did not answer, and has forgotten the key: only its record shows the capture. */
    FORGOTTEN_KEY(World.Kind.FORGETFUL, Set.of("CONFIRMED", "CANCELLED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.outliveItsKey();
        shop.finish();
    });

    private final World.Kind world;
    private final Set<String> ends;
    private final Consumer<Shop> course;

    Scenario(World.Kind world, Set<String> ends, Consumer<Shop> course) {
        this.world = world;
        this.ends = ends;
        this.course = course;
    }

    /** Whether the order may need an operator. No fault of a process, a database or a network leads there. */
    boolean mayNeedAttention() {
        return this == OPERATOR_RETRIES || this == OPERATOR_CANCELS || this == OPERATOR_CONFIRMS;
    }

    World.Kind world() {
        return world;
    }

    /** The statuses in which the order may end, wherever the process died. */
    Set<String> ends() {
        return ends;
    }

    void play(Shop shop) {
        course.accept(shop);
    }
}
