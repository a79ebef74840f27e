package store.proof.race;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static store.proof.race.Racing.TIMES;
import static store.proof.race.Racing.overtake;
import static store.proof.race.Racing.repeat;
import static store.proof.race.Racing.repeatSideBySide;
import static store.proof.race.Racing.together;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.acquirer.AcquirerSettings;
import store.order.Inventory;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.ReservationOutcome.Withdrawn;
import store.order.NewOrder;
import store.order.Orders;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.Payments;
import store.order.Payments.ChargeOutcome;
import store.order.Placement;
import store.order.Status;
import store.payment.Acquirer;
import store.payment.Movement.Kind;
import store.proof.race.Gates.Gate;
import store.proof.race.TwoInstances.Ended;
import store.proof.race.TwoInstances.Instance;
import store.proof.race.TwoInstances.Pieces;

/**
 * The races of a checkout, each a few times. The full proof:
 * {@code ./mvnw -Pmonolith verify -Dstore.races=200 -Dtest=NONE -Dit.test='store/proof/race/*' -Dsurefire.failIfNoSpecifiedTests=false
 * -Dfailsafe.failIfNoSpecifiedTests=false}
 */
class RacesIT {

    private static final int BUYERS = 100;
    private static final int POSTS = 200;

    @TempDir
    private static Path folder;

    @AutoClose
    private static TwoInstances store;

    @BeforeAll
    static void start() throws IOException {
        store = new TwoInstances(
                folder, AcquirerSettings.defaults(folder.resolve("acquirer")), InstantSource.system(), Map.of());
    }

    @AfterEach
    void audit() throws Exception {
        store.assertAudited();
    }

    @Test
    void theLastUnitIsSoldToOneOfAHundredBuyers() throws Exception {
        var skus = repeat(TIMES, _ -> {
            var sku = store.product(1);
            together(racers(BUYERS, racer -> post(store.instance(racer), store.order("tok_visa", sku))));
            return sku;
        });
        store.awaitEnds(store.ordersOf(skus));
        for (var sku : skus) {
            assertThat(ends(endedOf(sku)))
                    .containsOnly(Map.entry("CONFIRMED", 1L), Map.entry("REJECTED OUT_OF_STOCK", 99L));
            assertThat(store.pieces(sku)).isEqualTo(new Pieces(0, 0, 1));
        }
    }

    @Test
    void oneKeyPostedTwoHundredTimesToTwoInstancesIsOneOrder() throws Exception {
        Map<String, List<String>> answers = new HashMap<>();
        Map<String, NewOrder> orders = new HashMap<>();
        repeat(TIMES, _ -> {
            var sku = store.product(POSTS);
            var order = store.order("tok_visa", sku);
            orders.put(sku, order);
            answers.put(sku, together(racers(POSTS, racer -> post(store.instance(racer), order))));
            return order;
        });
        store.awaitEnds(store.ordersOf(orders.keySet()));
        orders.forEach((sku, order) -> {
            assertThat(endedOf(sku)).singleElement().satisfies(end -> {
                assertThat(end.status()).isEqualTo("CONFIRMED");
                assertThat(end.movements()).containsExactly(Kind.CAPTURE);
                assertThat(answers.get(sku)).as("answers to the posts").isSubsetOf("", end.answer());
                assertThat(List.of(post(store.one, order), post(store.two, order)))
                        .as("answers to later repeats")
                        .containsOnly(end.answer());
            });
            assertThat(store.pieces(sku)).isEqualTo(new Pieces(POSTS - 1, 0, 1));
        });
    }

    @Test
    void cartsInOppositeOrderTakeAllOfTheirProductsOrNone() throws Exception {
        var carts = repeat(TIMES, _ -> {
            var many = store.product(20);
            var few = store.product(7);
            together(racers(20, racer -> {
                var instance = store.instance(racer);
                var skus = racer / 2 % 2 == 0 ? List.of(many, few) : List.of(few, many);
                // Bypasses PlaceOrder, which would sort the lines.
                var order = store.order("tok_visa", skus.toArray(String[]::new));
                return instance.finish(instance.record(order, Racing.BOUND));
            }));
            return List.of(many, few);
        });
        store.awaitEnds(store.ordersOf(carts.stream().flatMap(List::stream).toList()));
        for (var cart : carts) {
            // PostgreSQL ends a deadlock by failing one statement. Recovery would then have had to ask again.
            assertThat(store.ordersOf(cart)).allMatch(order -> store.recoveries(order) == 0);
            assertThat(ends(endedOf(cart.getFirst())))
                    .containsOnly(Map.entry("CONFIRMED", 7L), Map.entry("REJECTED OUT_OF_STOCK", 13L));
            assertThat(store.pieces(cart.getFirst())).isEqualTo(new Pieces(13, 0, 7));
            assertThat(store.pieces(cart.getLast())).isEqualTo(new Pieces(0, 0, 7));
        }
    }

    /** A method at which a call can be held back. */
    private record Place(Class<?> port, String method) {}

    @Test
    void finishRecoveryAndCancelLeaveOneEnd() throws Exception {
        var steps = List.of(
                new Place(Inventory.class, "reserve"),
                new Place(Payments.class, "charge"),
                new Place(Acquirer.class, "capture"),
                new Place(store.payment.Payments.class, "record"),
                new Place(Orders.class, "conclude"),
                new Place(Inventory.class, "commit")); // after the end, never by a request
        // Recovery and cancel each start when the request comes to one of these steps, in all pairs.
        var orders = repeat(Math.max(TIMES, steps.size() * steps.size()), iteration -> {
            var order = store.order("tok_visa", store.product(1));
            var leased = store.one.record(order, Duration.ZERO);
            var signals = steps.stream()
                    .map(step -> store.gates.signal(
                            step.port(), step.method(), order.id().value()))
                    .toList();
            together(List.of(
                    () -> {
                        try {
                            return store.one.finish(leased);
                        } finally {
                            signals.forEach(Gate::waitNoLonger);
                        }
                    },
                    () -> {
                        signals.get(iteration % steps.size()).awaitReached();
                        store.two.recover();
                        return order;
                    },
                    () -> {
                        signals.get(iteration / steps.size() % steps.size()).awaitReached();
                        return store.two.cancel(order);
                    }));
            return order;
        });
        store.awaitEnds(ids(orders));
        var records = store.ended(ids(orders));
        assertThat(ends(records)).containsOnlyKeys("CONFIRMED", "CANCELLED CUSTOMER");
        for (var end : records) {
            var confirmed = end.status().equals("CONFIRMED");
            assertThat(end.movements())
                    .isIn(
                            confirmed
                                    ? List.of(List.of(Kind.CAPTURE))
                                    : List.of(List.of(), List.of(Kind.CAPTURE, Kind.VOID)));
        }
        for (var order : orders) {
            var confirmed = store.ended(order).status().equals("CONFIRMED");
            assertThat(piecesOf(order)).isEqualTo(confirmed ? new Pieces(0, 0, 1) : new Pieces(1, 0, 0));
        }
    }

    @Test
    void aReserveThatItsReleaseOvertookIsWithdrawn() throws Exception {
        var orders = repeatSideBySide(TIMES, _ -> {
            var order = store.order("tok_visa", store.product(1));
            var leased = store.one.record(order);
            var late = store.gates.before(Inventory.class, "reserve", order.id().value());
            overtake(late, () -> store.one.finish(leased), () -> {
                store.two.cancel(order);
                store.awaitEnd(order);
            });
            assertThat(late.answer()).isInstanceOf(Withdrawn.class);
            assertThat(store.fencedOff(order)).containsExactly("CANCELLING");
            return order;
        });
        for (var order : orders) {
            var end = store.ended(order);
            assertThat(end.end()).isEqualTo("CANCELLED CUSTOMER");
            assertThat(end.reservation()).isEqualTo("WITHDRAWN");
            assertThat(end.movements()).isEmpty();
            assertThat(piecesOf(order)).isEqualTo(new Pieces(1, 0, 0));
        }
    }

    @Test
    void aChargeThatItsVoidOvertookIsWithdrawn() throws Exception {
        var orders = repeatSideBySide(TIMES * 2, iteration -> {
            var order = store.order("tok_visa", store.product(1));
            var leased = store.one.record(order);
            // The charge is late on its way to payment or from payment to the acquirer. Both have a tombstone for it.
            var toPayment = iteration % 2 == 0;
            var late = toPayment
                    ? store.gates.before(Payments.class, "charge", order.id().value())
                    : store.gates.before(Acquirer.class, "capture", order.id().value());
            overtake(late, () -> store.one.finish(leased), () -> {
                store.two.cancel(order);
                store.awaitEnd(order);
            });
            assertThat(late.answer())
                    .isInstanceOf(toPayment ? ChargeOutcome.Withdrawn.class : Acquirer.Withdrawn.class);
            return order;
        });
        for (var order : orders) {
            var end = store.ended(order);
            assertThat(end.end()).isEqualTo("CANCELLED CUSTOMER");
            assertThat(end.payment()).isEqualTo("VOIDED");
            assertThat(end.movements()).isEmpty();
            assertThat(piecesOf(order)).isEqualTo(new Pieces(1, 0, 0));
        }
    }

    /** A call of the request that is delayed until recovery has brought the order to {@code end}. */
    private record LateStep(Place place, String card, int pieces, String end, Class<?> answer) {}

    @Test
    void whatArrivesAfterTheEndChangesNothing() throws Exception {
        var steps = List.of(
                new LateStep(
                        new Place(Inventory.class, "reserve"),
                        "tok_visa",
                        1,
                        "CONFIRMED",
                        ReservationOutcome.Held.class),
                new LateStep(
                        new Place(Inventory.class, "reserve"),
                        "tok_visa",
                        0,
                        "REJECTED OUT_OF_STOCK",
                        ReservationOutcome.Refused.class),
                new LateStep(
                        new Place(Payments.class, "charge"), "tok_visa", 1, "CONFIRMED", ChargeOutcome.Captured.class),
                new LateStep(
                        new Place(Payments.class, "charge"),
                        "tok_declined",
                        1,
                        "DECLINED CARD_DECLINED",
                        ChargeOutcome.Declined.class),
                new LateStep(
                        new Place(Acquirer.class, "capture"), "tok_visa", 1, "CONFIRMED", Acquirer.Captured.class));
        repeatSideBySide(TIMES * steps.size(), iteration -> {
            var step = steps.get(iteration % steps.size());
            var sku = store.product(step.pieces());
            var order = store.order(step.card(), sku);
            var leased = store.one.record(order);
            var late = store.gates.before(
                    step.place().port(), step.place().method(), order.id().value());
            var before = new AtomicReference<List<Object>>();
            overtake(late, () -> store.one.finish(leased), () -> {
                store.endLease(order);
                store.two.recover();
                store.awaitEnd(order);
                store.deliver(sku, 1);
                before.set(List.of(store.ended(order), piecesOf(order)));
            });
            assertThat(late.answer()).isInstanceOf(step.answer());
            store.awaitEnd(order);
            assertThat(List.of(store.ended(order), piecesOf(order))).isEqualTo(before.get());
            assertThat(store.ended(order).end()).isEqualTo(step.end());
            assertThat(store.fencedOff(order)).hasSize(1);
            return order;
        });
    }

    @Test
    void aVoidOrReleaseThatArrivesAfterTheEndChangesNothing() throws Exception {
        var steps = List.of(
                new Place(Payments.class, "voidCharge"),
                new Place(Acquirer.class, "undo"),
                new Place(Inventory.class, "release"));
        repeatSideBySide(TIMES * steps.size(), iteration -> {
            var step = steps.get(iteration % steps.size());
            var order = store.order("tok_visa", store.product(1));
            var leased = store.one.record(order);
            var id = order.id().value();
            var charged = store.gates.after(Payments.class, "charge", id);
            var before = new AtomicReference<List<Object>>();
            overtake(charged, () -> store.one.finish(leased), () -> {
                var late = store.gates.before(step.port(), step.method(), id);
                overtake(late, () -> store.one.cancel(order), () -> {
                    store.endLease(order);
                    store.two.recover();
                    store.awaitEnd(order);
                    before.set(List.of(store.ended(order), piecesOf(order)));
                });
            });
            assertThat(List.of(store.ended(order), piecesOf(order))).isEqualTo(before.get());
            assertThat(store.ended(order).end()).isEqualTo("CANCELLED CUSTOMER");
            assertThat(store.ended(order).movements()).containsExactly(Kind.CAPTURE, Kind.VOID);
            assertThat(piecesOf(order)).isEqualTo(new Pieces(1, 0, 0));
            assertThat(store.fencedOff(order)).containsExactly("CANCELLED", "CONFIRMED");
            return order;
        });
    }

    /** The write that a worker was about to make when it was paused beyond its lease. */
    private enum Write {
        CONCLUDES,
        PARKS,
        RECORDS_THE_PAYMENT,
        CONCLUDES_WHAT_IS_CANCELLED,
        GIVES_UP
    }

    @Test
    void aWorkerThatWakesAfterItsLeaseChangesNothing() throws Exception {
        repeatSideBySide(TIMES * Write.values().length, iteration -> {
            var write = Write.values()[iteration % Write.values().length];
            var order = store.order("tok_visa", store.product(1));
            var id = order.id().value();
            var recorded = store.one.record(order);
            var leased = write == Write.GIVES_UP ? store.makeOld(recorded) : recorded;
            if (write == Write.PARKS) {
                store.gates.loseAnswer(Payments.class, "charge", id, new ChargeOutcome.Unknown("the answer is lost"));
            }
            var asleep = switch (write) {
                case CONCLUDES, CONCLUDES_WHAT_IS_CANCELLED -> store.gates.before(Orders.class, "conclude", id);
                case PARKS -> store.gates.before(Orders.class, "park", id);
                case GIVES_UP -> store.gates.before(Orders.class, "advance", id);
                case RECORDS_THE_PAYMENT -> store.gates.before(store.payment.Payments.class, "record", id);
            };
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var atWork = new AtomicReference<Gate>();
                var before = new AtomicReference<Ended>();
                try {
                    var told = overtake(asleep, () -> store.one.finish(leased), () -> {
                        switch (write) {
                            case CONCLUDES_WHAT_IS_CANCELLED -> {
                                store.two.cancel(order);
                                store.awaitEnd(order);
                            }
                            case GIVES_UP -> {
                                store.endLease(order);
                                store.two.recover();
                                store.awaitEnd(order);
                            }
                            case CONCLUDES, PARKS, RECORDS_THE_PAYMENT -> {
                                // Recovery holds the order and works on it: only the token tells the two apart.
                                var charged = store.gates.after(Payments.class, "charge", id);
                                atWork.set(charged);
                                store.endLease(order);
                                threads.submit(store.two::recover);
                                charged.awaitReached();
                                store.awaitPayment(order, "CAPTURED");
                            }
                        }
                        before.set(store.ended(order));
                    });
                    assertThat(store.ended(order)).isEqualTo(before.get());
                    assertThat(told.status())
                            .as("the late worker answers by what it finds")
                            .hasToString(before.get().status());
                    assertThat(told.status() == Status.PENDING).isEqualTo(atWork.get() != null);
                } finally {
                    Optional.ofNullable(atWork.get()).ifPresent(Gate::open);
                }
            }
            store.awaitEnd(order);
            var end = store.ended(order);
            assertThat(end.end())
                    .isEqualTo(
                            switch (write) {
                                case CONCLUDES, PARKS, RECORDS_THE_PAYMENT -> "CONFIRMED";
                                case CONCLUDES_WHAT_IS_CANCELLED -> "CANCELLED CUSTOMER";
                                case GIVES_UP -> "CANCELLED PATIENCE";
                            });
            assertThat(end.movements())
                    .isEqualTo(
                            switch (write) {
                                case CONCLUDES, PARKS, RECORDS_THE_PAYMENT -> List.of(Kind.CAPTURE);
                                case CONCLUDES_WHAT_IS_CANCELLED -> List.of(Kind.CAPTURE, Kind.VOID);
                                case GIVES_UP -> List.of();
                            });
            assertThat(store.fencedOff(order))
                    .containsExactly(
                            switch (write) {
                                case CONCLUDES, CONCLUDES_WHAT_IS_CANCELLED, RECORDS_THE_PAYMENT -> "CONFIRMED";
                                case PARKS -> "PENDING";
                                case GIVES_UP -> "CANCELLING";
                            });
            return order;
        });
    }

    @Test
    void aPaymentDatabaseThatComesBackEmptyChargesNobodyTwice() throws Exception {
        List<NewOrder> charged = new ArrayList<>();
        List<NewOrder> cancelled = new ArrayList<>();
        List<NewOrder> cancelledBeforeTheCharge = new ArrayList<>();
        repeat(TIMES, _ -> {
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Gate> gates = new ArrayList<>();
                List<Future<?>> waiting = new ArrayList<>();
                List<BiFunction<Gates, UUID, Gate>> steps = List.of(
                        (at, id) -> at.before(Payments.class, "charge", id),
                        (at, id) -> at.before(Acquirer.class, "capture", id),
                        (at, id) -> at.after(Acquirer.class, "capture", id),
                        (at, id) -> at.after(Payments.class, "charge", id));
                for (var step : steps) {
                    charged.add(begin(step, threads, gates, waiting));
                }
                var undone = begin(steps.getLast(), threads, gates, waiting);
                var undo =
                        store.gates.before(Acquirer.class, "undo", undone.id().value());
                waiting.add(threads.submit(() -> store.two.cancel(undone)));
                undo.awaitReached();
                gates.add(undo);
                cancelled.add(undone);
                var early = begin(steps.getFirst(), threads, gates, waiting);
                store.two.cancel(early);
                cancelledBeforeTheCharge.add(early);

                store.emptyPayments();
                gates.forEach(Gate::open);
                for (var request : waiting) {
                    request.get(Racing.BOUND.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
            return charged;
        });
        assertEnded(charged, "CONFIRMED", Kind.CAPTURE);
        assertEnded(cancelled, "CANCELLED CUSTOMER", Kind.CAPTURE, Kind.VOID);
        assertEnded(cancelledBeforeTheCharge, "CANCELLED CUSTOMER");
        store.awaitLedgerLikeStatement();
    }

    /** An order whose request waits at {@code step}. */
    private static NewOrder begin(
            BiFunction<Gates, UUID, Gate> step, ExecutorService threads, List<Gate> gates, List<Future<?>> waiting)
            throws InterruptedException {
        var order = store.order("tok_visa", store.product(1));
        var leased = store.one.record(order);
        var gate = step.apply(store.gates, order.id().value());
        waiting.add(threads.submit(() -> store.one.finish(leased)));
        gate.awaitReached();
        gates.add(gate);
        return order;
    }

    /** Repeats the request until the order is on record, and returns the answer; empty unless the order is final. */
    private static String post(Instance instance, NewOrder order) {
        for (var attempt = 0; attempt < 200; attempt++) {
            try {
                return switch (instance.placeOrder()
                        .place(order.customer(), order.key(), order.lines(), order.card(), order.expectedTotal())) {
                    case Placement.Placed(var placed) -> TwoInstances.answer(placed.answer());
                    case Placement.Repeated(var known) -> TwoInstances.answer(known.answer());
                    case Placement.InFlight _ -> "";
                    case Placement.KeyReused _ -> throw new AssertionError("the key is this order's own");
                };
            } catch (NotRecorded | RecordingUnknown _) {
                // 503 or 504: the client repeats
            }
        }
        throw new AssertionError("order not accepted");
    }

    private static <T> List<Callable<T>> racers(int count, Racing.Run<T> racer) {
        return IntStream.range(0, count)
                .<Callable<T>>mapToObj(number -> () -> racer.run(number))
                .toList();
    }

    private static List<Ended> endedOf(String sku) {
        return store.ended(store.ordersOf(List.of(sku)));
    }

    private static Map<String, Long> ends(List<Ended> orders) {
        return orders.stream().collect(groupingBy(Ended::end, counting()));
    }

    private static List<UUID> ids(List<NewOrder> orders) {
        return orders.stream().map(order -> order.id().value()).toList();
    }

    private static Pieces piecesOf(NewOrder order) {
        return store.pieces(order.lines().getFirst().sku());
    }

    private static void assertEnded(List<NewOrder> orders, String end, Kind... movements) {
        store.awaitEnds(ids(orders));
        assertThat(store.ended(ids(orders))).hasSameSizeAs(orders).allSatisfy(order -> {
            assertThat(order.end()).isEqualTo(end);
            assertThat(order.movements()).containsExactly(movements);
        });
    }
}
