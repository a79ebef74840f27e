package store.proof.crash;

import static store.proof.crash.Shop.CART;
import static store.proof.crash.Shop.TOO_MUCH;
import static store.proof.crash.Shop.TOTAL;

import java.util.Set;
import java.util.function.Consumer;
import store.order.Money;
import store.order.ResolveOrder.End;
import store.payment.Movement;

/** A way that a checkout can go. Together they take every step there is. */
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
    /** The acquirer captures and does not answer; payment's recovery asks again, then the order's. */
    SILENT_ACQUIRER(World.Kind.STANDARD, Set.of("CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.finish();
    }),
    /** The customer asks again with the same key, looks, and cancels: too late, unless the order is still open. */
    REPEATED(World.Kind.STANDARD, Set.of("CONFIRMED", "CANCELLED"), shop -> {
        shop.place(CART, "tok_visa", TOTAL);
        shop.place(CART, "tok_visa", TOTAL);
        shop.look();
        shop.cancel();
        shop.finish();
    }),
    /** The statement is what tells of a chargeback. */
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
    /** Release before reserve, void before charge: both leave tombstones, and the reserve that comes late finds one. */
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
    /** Recovery takes the order up, and what remains to be settled, and its process stops before it does anything. */
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
    /** Payment contradicts itself, which only an operator can make good: here, and when all is over, by trying again. */
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
    /** The first time in vain. */
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
    /** What was captured cannot be voided any more. */
    REFUNDED(World.Kind.LATE, Set.of("CANCELLED", "CONFIRMED"), shop -> {
        shop.place(CART, "tok_silent", TOTAL);
        shop.cancel();
        shop.finish();
    }),
    /** The acquirer may have forgotten the key of so old an order, so its record is looked up. */
    OLD_KEY(World.Kind.OLD, Set.of("CANCELLED"), shop -> {
        shop.place(CART, "tok_visa", TOTAL);
        shop.finish();
    }),
    /** The acquirer has captured and not answered, and forgotten the key by now: only its record tells. */
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

    /** Whether the order may ever need an operator: no fault of a process, a database or a network leads there. */
    boolean mayNeedAttention() {
        return this == OPERATOR_RETRIES || this == OPERATOR_CANCELS || this == OPERATOR_CONFIRMS;
    }

    World.Kind world() {
        return world;
    }

    /** How an order can end, wherever the process died. */
    Set<String> ends() {
        return ends;
    }

    void play(Shop shop) {
        course.accept(shop);
    }
}
