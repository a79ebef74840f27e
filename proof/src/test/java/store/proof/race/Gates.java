package store.proof.race;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;
import store.order.Inventory;
import store.order.LeasedOrder;
import store.order.Orders;
import store.order.Payments;
import store.payment.Acquirer;
import store.payment.AcquirerKey;
import store.payment.Payment;

/** Stands in front of every port, and holds back the calls that a test names by port, method and order. */
final class Gates implements BeanPostProcessor {

    private static final List<Class<?>> PORTS =
            List.of(Orders.class, Inventory.class, Payments.class, Acquirer.class, store.payment.Payments.class);

    private final Map<Place, Detour> next = new ConcurrentHashMap<>();
    private final Map<UUID, Detour> acquirer = new ConcurrentHashMap<>();

    private record Place(Class<?> port, String method, UUID order) {}

    /** Decides what happens to a call, and what its caller sees. */
    private interface Detour {
        @Nullable
        Object take(Call call) throws Throwable;
    }

    private interface Call {
        @Nullable
        Object make() throws Throwable;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        for (var port : PORTS) {
            if (port.isInstance(bean)) {
                return Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (_, method, arguments) -> {
                    Call call = () -> {
                        try {
                            return method.invoke(bean, arguments);
                        } catch (InvocationTargetException e) {
                            throw Objects.requireNonNull(e.getCause());
                        }
                    };
                    var order = arguments == null ? null : orderIn(arguments);
                    return order == null ? call.make() : pass(port, method.getName(), order, call);
                });
            }
        }
        return bean;
    }

    private @Nullable Object pass(Class<?> port, String method, UUID order, Call call) throws Throwable {
        var detour = next.remove(new Place(port, method, order));
        if (detour != null) {
            return detour.take(call);
        }
        var cut = port == Acquirer.class ? acquirer.get(order) : null;
        return cut == null ? call.make() : cut.take(call);
    }

    /** Holds back the order's next call, before it is made. */
    Gate before(Class<?> port, String method, UUID order) {
        var gate = new Gate(true);
        put(port, method, order, call -> {
            gate.pass();
            return gate.answered(call.make());
        });
        return gate;
    }

    /** Holds back the answer to the order's next call. */
    Gate after(Class<?> port, String method, UUID order) {
        var gate = new Gate(true);
        put(port, method, order, call -> {
            var answer = gate.answered(call.make());
            gate.pass();
            return answer;
        });
        return gate;
    }

    /** Holds nothing back; the gate only shows when the order's next call arrives. */
    Gate signal(Class<?> port, String method, UUID order) {
        var gate = new Gate(false);
        put(port, method, order, call -> {
            gate.pass();
            return call.make();
        });
        return gate;
    }

    /** The order's next call has its effect, and its caller sees {@code unknown}. */
    void loseAnswer(Class<?> port, String method, UUID order, Object unknown) {
        put(port, method, order, call -> {
            var _ = call.make();
            return unknown;
        });
    }

    /** Until {@link #mend}, the order's calls to the acquirer have their effect, and their answers are lost. */
    void loseAcquirersAnswers(UUID order) {
        acquirer.put(order, call -> {
            var _ = call.make();
            return new Acquirer.Unknown("the answer is lost");
        });
    }

    /** Until {@link #mend}, the order's calls are lost before they reach the acquirer; the outcome is unknown. */
    void loseCallsToAcquirer(UUID order) {
        acquirer.put(order, _ -> new Acquirer.Unknown("the call is lost"));
    }

    void mend(UUID order) {
        acquirer.remove(order);
    }

    private void put(Class<?> port, String method, UUID order, Detour detour) {
        if (Arrays.stream(port.getMethods()).noneMatch(known -> known.getName().equals(method))) {
            throw new IllegalArgumentException(port + " has no method " + method);
        }
        next.put(new Place(port, method, order), detour);
    }

    private static @Nullable UUID orderIn(Object[] arguments) {
        return switch (arguments.length == 0 ? null : arguments[0]) {
            case store.order.OrderId(var id) -> id;
            case store.payment.OrderId(var id) -> id;
            case AcquirerKey key -> key.orderId().value();
            case LeasedOrder leased -> leased.order().id().value();
            case Payment payment -> payment.orderId().value();
            case null, default -> null;
        };
    }

    /** One call that is held back. */
    static final class Gate {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch open;
        private volatile @Nullable Object answer;

        private Gate(boolean closed) {
            open = new CountDownLatch(closed ? 1 : 0);
        }

        private void pass() throws InterruptedException {
            reached.countDown();
            await(open);
        }

        private @Nullable Object answered(@Nullable Object given) {
            answer = given;
            return given;
        }

        void awaitReached() throws InterruptedException {
            await(reached);
        }

        /** Releases a thread that waits for a call that will not come any more. */
        void waitNoLonger() {
            reached.countDown();
        }

        void open() {
            open.countDown();
        }

        /** The port's answer; null until there is one. */
        @Nullable
        Object answer() {
            return answer;
        }

        private static void await(CountDownLatch latch) throws InterruptedException {
            if (!latch.await(Racing.BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("not reached or opened within " + Racing.BOUND);
            }
        }
    }
}
