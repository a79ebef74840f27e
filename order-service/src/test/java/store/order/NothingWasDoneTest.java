package store.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.order.Lease.Actor;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.ResolveOrder.End;
import store.resilience.KeyRing;

/**
 * "Nothing was done" must be true: {@link NotRecorded} leaves a use case only if its first write got no connection. The
 * outcome of a later failure is unknown.
 */
class NothingWasDoneTest {

    @TempDir
    static Path folder = Path.of("");

    private static final CustomerId CUSTOMER = new CustomerId(UUID.randomUUID());
    private static final OrderId ID = new OrderId(UUID.randomUUID());
    private static final Money TOTAL = new Money(1000, "EUR");
    private static final List<OrderLine> LINES = List.of(OrderLine.of("cup", 1));
    private static final Supplier<Object> AWAY = () -> {
        throw new NotRecorded(new IllegalStateException("no connection"));
    };

    @Test
    void aRepeatWhoseOrderCannotBeReadIsUnknown() {
        var orders = port(Orders.class, Map.of("insert", Optional::empty, "findByKey", AWAY));
        assertThatThrownBy(() -> place(orders)).isInstanceOf(RecordingUnknown.class);
    }

    @Test
    void aFirstWriteWithoutAConnectionDidNothing() {
        assertThatThrownBy(() -> place(port(Orders.class, Map.of("insert", AWAY))))
                .isInstanceOf(NotRecorded.class);
        assertThatThrownBy(() -> cancel(port(Orders.class, Map.of("cancel", AWAY))))
                .isInstanceOf(NotRecorded.class);
        assertThatThrownBy(() -> resolve(port(Dossiers.class, Map.of("take", AWAY)), End.CONFIRMED))
                .isInstanceOf(NotRecorded.class);
        assertThatThrownBy(() -> resolve(port(Dossiers.class, Map.of("giveUp", AWAY)), End.CANCELLED))
                .isInstanceOf(NotRecorded.class);
        assertThatThrownBy(() -> retry(port(Dossiers.class, Map.of("retry", AWAY))))
                .isInstanceOf(NotRecorded.class);
    }

    /** An earlier cancel, whose answer was lost, may have given the order up. */
    @Test
    void aCancelOfAnOrderThatCannotBeReadIsUnknown() {
        var orders = port(Orders.class, Map.of("cancel", Optional::empty, "find", AWAY));
        assertThatThrownBy(() -> cancel(orders)).isInstanceOf(RecordingUnknown.class);
    }

    /** By then stock is held and money captured. */
    @Test
    void aResolutionThatHasAskedThePeersIsUnknown() {
        Supplier<Object> taken = () -> Optional.of(leased());
        assertThatThrownBy(() -> resolve(port(Dossiers.class, Map.of("take", taken, "refuse", AWAY)), End.CONFIRMED))
                .isInstanceOf(RecordingUnknown.class);
    }

    /** A constraint refuses the end: the operator's answer and the history both say so. */
    @Test
    void aResolutionWhoseEndIsRefusedSaysWhatStandsAgainstIt() {
        var noted = new AtomicReference<Object>();
        Supplier<Object> taken = () -> Optional.of(leased());
        Supplier<Object> refused = () -> {
            noted.set("refused");
            return new Object();
        };
        var dossiers = port(Dossiers.class, Map.of("take", taken, "refuse", refused));
        var inventory = port(
                Inventory.class,
                Map.of(
                        "reserve",
                        () -> new Inventory.ReservationOutcome.Held(List.of(new OrderLine("cup", 1, "Cup", TOTAL)))));
        var payments = port(Payments.class, Map.of("charge", Payments.ChargeOutcome.Captured::new));
        var orders = port(Orders.class, Map.of("conclude", () -> {
            throw new Orders.WriteRefused("a constraint", new IllegalStateException());
        }));
        var resolution =
                new ResolveOrder(dossiers, inventory, payments, finishing(orders)).resolve(ID, End.CONFIRMED, "why");
        assertThat(resolution).isInstanceOf(Resolution.Refused.class).asString().contains("a constraint");
        assertThat(noted).hasValue("refused");
    }

    @Test
    void anOperatorsRepeatOfWhatMayBeDoneIsUnknown() {
        assertThatThrownBy(() -> retry(port(Dossiers.class, Map.of("retry", Optional::empty, "find", AWAY))))
                .isInstanceOf(RecordingUnknown.class);
        assertThatThrownBy(() ->
                        resolve(port(Dossiers.class, Map.of("giveUp", Optional::empty, "find", AWAY)), End.CANCELLED))
                .isInstanceOf(RecordingUnknown.class);
        assertThatThrownBy(() ->
                        resolve(port(Dossiers.class, Map.of("take", Optional::empty, "find", AWAY)), End.CONFIRMED))
                .isInstanceOf(RecordingUnknown.class);
    }

    private static void place(Orders orders) {
        new PlaceOrder(orders, finishing(orders), new Fingerprints(ring()), () -> ID)
                .place(CUSTOMER, new IdempotencyKey("key"), LINES, new CardToken("tok_visa"), TOTAL);
    }

    private static KeyRing ring() {
        try {
            var secret = Base64.getEncoder().encodeToString(new byte[32]);
            return KeyRing.read(Files.writeString(folder.resolve("ring"), secret), "test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void cancel(Orders orders) {
        new CancelOrder(orders, finishing(orders)).cancel(CUSTOMER, ID);
    }

    private static void retry(Dossiers dossiers) {
        new RetryOrder(dossiers).retry(ID, null);
    }

    private static void resolve(Dossiers dossiers, End end) {
        var inventory = port(
                Inventory.class,
                Map.of("reserve", () -> new Inventory.ReservationOutcome.Refused(Reason.OUT_OF_STOCK)));
        new ResolveOrder(dossiers, inventory, port(Payments.class, Map.of()), finishing(port(Orders.class, Map.of())))
                .resolve(ID, end, "why");
    }

    private static FinishOrder finishing(Orders orders) {
        return new FinishOrder(
                orders,
                port(Inventory.class, Map.of()),
                port(Payments.class, Map.of()),
                order -> new StoredAnswer(201, new byte[0]),
                new HeldLeases(orders),
                Duration.ofMinutes(15),
                InstantSource.system(),
                RandomGenerator.getDefault());
    }

    private static LeasedOrder leased() {
        var now = Instant.EPOCH;
        var order = new Order(
                ID, CUSTOMER, LINES, TOTAL, null, Status.NEEDS_ATTENTION, Reason.CONTRADICTION, now, now, null);
        return new LeasedOrder(order, new CardToken("tok_visa"), new Lease(2, Actor.OPERATOR), 0);
    }

    /** A port that answers only these methods. */
    private static <T> T port(Class<T> type, Map<String, Supplier<Object>> answers) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (_, method, _) -> {
            var answer = answers.get(method.getName());
            if (answer == null) {
                throw new IllegalStateException("not expected: " + method);
            }
            return answer.get();
        }));
    }
}
