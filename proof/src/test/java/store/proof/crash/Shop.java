package store.proof.crash;

import static org.awaitility.Awaitility.await;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.awaitility.core.ConditionTimeoutException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.dao.DataAccessException;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.TransactionException;
import store.inventory.Catalogue;
import store.inventory.ReportOverdueHolds;
import store.order.CancelOrder;
import store.order.Cancellation;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.Dossiers;
import store.order.Fingerprints;
import store.order.FinishOrder;
import store.order.IdempotencyKey;
import store.order.Money;
import store.order.Order;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.PlaceOrder;
import store.order.Placement;
import store.order.ResolveOrder;
import store.order.RetryOrder;
import store.order.Settlements;
import store.payment.Acquirer;
import store.payment.Discrepancies;
import store.payment.Movement;
import store.payment.ReconcileLedger;
import store.payment.ResolvePayments;
import store.resilience.KeyRing;

/**
 * One customer with one order, and the recurring work, which a scenario calls itself: only the work that is due for
 * that order, always in the same sequence, so that a scenario takes the same steps each time.
 */
final class Shop {

    static final List<OrderLine> CART = List.of(OrderLine.of("sku-001", 2), OrderLine.of("sku-005", 1));
    static final Money TOTAL = new Money(2 * 690 + 990, "EUR");

    /** More than the stock: the first line can be taken, the second cannot. */
    static final List<OrderLine> TOO_MUCH = List.of(OrderLine.of("sku-001", 2), OrderLine.of("sku-005", 1_000_000));

    private static final Duration BOUND = Duration.ofSeconds(30);

    /** After the fault, the scenario only does work that is due at once; recovery does the rest. */
    private static final Duration BOUND_AFTER_THE_BLOW = Duration.ofMillis(200);

    private enum Due {
        NOTHING,
        PAYMENT,
        ORDER,
        SETTLEMENT
    }

    private record Open(Due first, boolean now) {}

    private final ConfigurableApplicationContext context;
    private final Watch watch;
    private final OrderId id;
    private final Blow blow;
    private final CustomerId customer = new CustomerId(UUID.randomUUID());
    private final IdempotencyKey key = new IdempotencyKey("crash");

    Shop(ConfigurableApplicationContext context, Watch watch, UUID id, Blow blow) {
        this.context = context;
        this.watch = watch;
        this.id = new OrderId(id);
        this.blow = blow;
    }

    /** Places the order, or repeats the request with the same key. */
    void place(List<OrderLine> lines, String card, Money expected) {
        var fingerprints = new Fingerprints(context.getBean("orderKeys", KeyRing.class));
        var placeOrder = new PlaceOrder(bean(Orders.class), bean(FinishOrder.class), fingerprints, () -> id);
        attempt(() -> {
            var placement = placeOrder.place(customer, key, lines, new CardToken(card), expected);
            switch (placement) {
                case Placement.Placed(var order) -> answered(order);
                case Placement.Repeated(var order) -> answered(order);
                case Placement.InFlight _ -> {}
                case Placement.KeyReused _ -> throw new IllegalStateException("the key was used for another order");
            }
        });
    }

    void cancel() {
        attempt(() -> {
            switch (bean(CancelOrder.class).cancel(customer, id)) {
                case Cancellation.Accepted(var order) -> answered(order);
                case Cancellation.AlreadyFinal(var order) -> answered(order);
                case Cancellation.NotFound _ -> {}
            }
        });
    }

    /** Lets the customer cancel right before the step is taken, while the step waits. */
    void cancelBefore(String step) {
        watch.stageBefore(step, this::cancel);
    }

    /** Loses the step's answer, once. */
    void loseAnswerOf(String step) {
        watch.stageLossOf(step);
    }

    /** Makes the step's answer a contradiction, once. */
    void contradict(String step) {
        watch.stageContradictionOf(step);
    }

    /** Lets an operator look at the orders that need attention, and retry this one. */
    void retry() {
        attempt(() -> {
            bean(Dossiers.class).needingAttention();
            bean(Dossiers.class).open(Duration.ofHours(1), 10);
            bean(RetryOrder.class).retry(id, "the crash matrix's operator");
        });
    }

    /** Lets an operator end the order. */
    void resolve(ResolveOrder.End end) {
        attempt(() -> bean(ResolveOrder.class).resolve(id, end, "the crash matrix's operator"));
    }

    void look() {
        attempt(() -> {
            bean(Catalogue.class).all();
            bean(Catalogue.class).find("sku-001");
            bean(Orders.class).list(customer, null, 10);
            bean(Orders.class).find(customer, id).ifPresent(this::answered);
            bean(ReportOverdueHolds.class).report();
            bean(Settlements.class).retried();
        });
    }

    /** Takes the order to its end, and settles it. */
    void finish() {
        work(Due.NOTHING);
    }

    /** Waits until the acquirer has forgotten the key. */
    void outliveItsKey() {
        var madeAt = Instant.ofEpochMilli(id.value().getMostSignificantBits() >>> 16);
        until(() -> Instant.now().isAfter(madeAt.plus(World.KEY_FORGOTTEN)));
    }

    /** Resolves the payment, until its state is known. */
    void resolvePayment() {
        work(Due.ORDER);
    }

    /** Takes the order to its end, and does not settle it. */
    void recover() {
        work(Due.SETTLEMENT);
    }

    /** Lets recovery claim the due work, and hand it back because its process stops. */
    void takeUpAndStop() {
        var lease = Duration.ofMinutes(1);
        until(() -> open().now);
        attempt(() -> {
            var orders = bean(Orders.class);
            orders.handBack(orders.claimDue(1, lease));
            var settlements = bean(Settlements.class);
            settlements.handBack(settlements.claimLate(1, Duration.ZERO, lease));
        });
    }

    /**
     * Once the statement has the movement, reconciles the ledger with it, and lets an operator look at the
     * discrepancies.
     */
    void reconcile(Movement.Kind awaited) {
        until(() -> acquirerHas(awaited));
        attempt(() -> {
            bean(ReconcileLedger.class).reconcile();
            bean(Discrepancies.class).open();
            bean(Discrepancies.class).unreadable();
            bean(Discrepancies.class).sinceStatementEnd();
            bean(Discrepancies.class).list(true, 10);
        });
    }

    private void work(Due upTo) {
        while (true) {
            var first = open().first;
            if (first == Due.NOTHING || first == upTo) {
                return;
            }
            if (!until(() -> open().now)) {
                return;
            }
            attempt(() -> {
                switch (first) {
                    case PAYMENT -> bean(ResolvePayments.class).resolve();
                    case ORDER -> tick("recoverOrders", "recoverDue");
                    case SETTLEMENT -> {
                        tick("completeSettlements", "settleFresh");
                        tick("completeSettlements", "settleLate");
                    }
                    case NOTHING -> {}
                }
            });
        }
    }

    private boolean until(Callable<Boolean> condition) {
        try {
            await().atMost(blow.hasFallen() ? BOUND_AFTER_THE_BLOW : BOUND)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .until(condition);
            return true;
        } catch (ConditionTimeoutException e) {
            if (blow.hasFallen()) {
                return false;
            }
            throw e;
        }
    }

    private void tick(String recovery, String work) {
        BooleanSupplier stopping = () -> false;
        ReflectionTestUtils.invokeMethod(context.getBean(recovery), work, stopping);
    }

    /** After the fault, an exception is expected: a client or a scheduler would get it instead of an answer. */
    private void attempt(Runnable act) {
        try {
            act.run();
        } catch (NotRecorded | RecordingUnknown | DataAccessException | TransactionException e) {
            if (!blow.hasFallen()) {
                throw e;
            }
        }
    }

    private void answered(Order order) {
        Child.tell("answered", order.status());
    }

    private boolean acquirerHas(Movement.Kind kind) {
        return watch.aside(() -> bean(Acquirer.class).movementsOf(new store.payment.OrderId(id.value()))
                        instanceof Acquirer.Found(var movements)
                && movements.stream().anyMatch(movement -> movement.kind() == kind));
    }

    /**
     * The work to do first, and whether it is due: payment's recovery, then the order's recovery, then the settlement.
     */
    private Open open() {
        var settings = bean(Environment.class);
        try (var connection = DriverManager.getConnection(
                        settings.getRequiredProperty("spring.datasource.url"),
                        settings.getRequiredProperty("spring.datasource.username"),
                        settings.getRequiredProperty("spring.datasource.password"));
                var query = connection.prepareStatement("""
                    select case when p.due_at is not null then 'PAYMENT' when o.status in ('PENDING', 'CANCELLING') then 'ORDER'
                            when s.order_id is not null then 'SETTLEMENT' else 'NOTHING' end,
                        coalesce(p.due_at, case when o.status in ('PENDING', 'CANCELLING')
                            then greatest(o.due_at, o.lease_until) else s.due_at end) <= now()
                    from (select ?::uuid as id) given left join orders.orders o using (id)
                        left join orders.settlement s on s.order_id = given.id
                        left join payments.payment p on p.order_id = given.id
                    """)) {
            query.setObject(1, id.value());
            try (var row = query.executeQuery()) {
                row.next();
                return new Open(Due.valueOf(row.getString(1)), row.getBoolean(2));
            }
        } catch (SQLException e) {
            if (blow.hasFallen()) {
                return new Open(Due.NOTHING, false);
            }
            throw new IllegalStateException(e);
        }
    }

    private <T> T bean(Class<T> type) {
        return Objects.requireNonNull(context.getBean(type));
    }
}
