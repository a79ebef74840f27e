package store.proof.crash;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLState;
import org.springframework.beans.factory.config.BeanPostProcessor;
import store.proof.crash.Point.Effect;
import store.proof.crash.Point.Moment;

/**
 * Stands between the modules and their ports, and between the modules and the database, and sees every step that is
 * taken for one order. A step belongs to the order if its arguments name the order. If they name no order, the step
 * belongs to the order of the step around it. Without a step around it, {@link Shop} takes the step, for its only
 * order.
 */
final class Watch implements BeanPostProcessor {

    private static final Pattern ORDER_ID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final Pattern CHANGE = Pattern.compile("\\b(insert into|update|delete from)\\b");

    /** Is called at every point, in the thread that reaches it. */
    interface Fate {

        /**
         * @param backend the database's process that is about to be asked or has just answered; 0 if the database is
         * not asked
         */
        void reach(Point point, int backend);

        /** Whether the answer of the step, which has been taken, is to be lost. */
        boolean losesAnswer(Point point);
    }

    /** The step that this thread is taking. */
    private record Frame(String step, boolean ours) {}

    private final ThreadLocal<@Nullable Frame> frames = new ThreadLocal<>();
    private final Map<String, Integer> occurrences = new HashMap<>();
    private final Map<String, Runnable> staged = new ConcurrentHashMap<>();
    private final Set<String> unanswered = ConcurrentHashMap.newKeySet();
    private final Set<String> contradicted = ConcurrentHashMap.newKeySet();
    private volatile String order = "";
    private volatile @Nullable Fate fate;

    void begin(UUID watched, Fate whatHappens) {
        order = watched.toString();
        occurrences.clear();
        staged.clear();
        unanswered.clear();
        contradicted.clear();
        fate = whatHappens;
    }

    void end() {
        fate = null;
    }

    /** Runs {@code look} without counting it as a step. */
    <T> T aside(Supplier<T> look) {
        var told = fate;
        fate = null;
        try {
            return look.get();
        } finally {
            fate = told;
        }
    }

    /** Runs {@code act} right before the step, in the step's thread, the first time that the step is taken. */
    void stageBefore(String step, Runnable act) {
        staged.put(step, act);
    }

    /** Loses the step's answer, the first time that the step is taken. */
    void stageLossOf(String step) {
        unanswered.add(step);
    }

    /** Answers the step with a contradiction, the first time that it is taken. */
    void stageContradictionOf(String step) {
        contradicted.add(step);
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof DataSource database) {
            return proxy(bean, List.of(DataSource.class), (_, method, arguments) -> {
                var result = invoke(database, method, arguments);
                return result instanceof Connection connection ? watched(connection) : result;
            });
        }
        var ports = Ports.of(bean);
        return ports.isEmpty()
                ? bean
                : proxy(bean, ports, (_, method, arguments) -> {
                    var step = Ports.stepOf(method);
                    return step.isEmpty()
                            ? invoke(bean, method, arguments)
                            : call(step.get(), bean, method, arguments == null ? new Object[0] : arguments);
                });
    }

    private Object call(String step, Object adapter, Method method, Object[] arguments) throws Throwable {
        var ours = isOurs(method, arguments);
        if (ours && fate != null) {
            var act = staged.remove(step);
            if (act != null) {
                act.run();
            }
        }
        var unknown = Outcomes.unknown(method.getReturnType());
        return step(
                new Frame(step, ours),
                unknown.isEmpty() ? Effect.NONE : Effect.PEER,
                0,
                () -> {
                    var answer = invoke(adapter, method, arguments);
                    return ours && contradicted.remove(step)
                            ? Outcomes.contradiction(method.getReturnType()).orElseThrow()
                            : answer;
                },
                unknown::orElseThrow);
    }

    private boolean isOurs(Method method, Object[] arguments) {
        var named = Arrays.deepToString(arguments);
        if (named.contains(order)) {
            return true;
        }
        var namesAnOrder = ORDER_ID.matcher(named).find()
                && !Stream.of(method.getParameterTypes())
                        .allMatch(type -> type.isPrimitive() || type == String.class || type == Duration.class);
        var within = frames.get();
        return !namesAnOrder && (within == null || within.ours);
    }

    private Connection watched(Connection connection) {
        return proxy(connection, List.of(Connection.class), (_, method, arguments) -> {
            var within = frames.get();
            if (within != null && List.of("commit", "rollback").contains(method.getName())) {
                var commits = method.getName().equals("commit");
                return step(
                        new Frame(within.step + ": " + method.getName(), within.ours),
                        commits ? Effect.COMMIT : Effect.NONE,
                        connection.unwrap(PGConnection.class).getBackendPID(),
                        () -> invoke(connection, method, arguments),
                        Watch::connectionLost);
            }
            var result = invoke(connection, method, arguments);
            return result instanceof PreparedStatement statement
                    ? watched(statement, PreparedStatement.class, connection, String.valueOf(arguments[0]))
                    : result instanceof Statement statement
                            ? watched(statement, Statement.class, connection, "")
                            : result;
        });
    }

    private <T extends Statement> T watched(T statement, Class<T> type, Connection connection, String prepared) {
        return proxy(statement, List.of(type), (_, method, arguments) -> {
            var within = frames.get();
            if (within == null || !method.getName().startsWith("execute")) {
                return invoke(statement, method, arguments);
            }
            var sql = prepared.isEmpty() && arguments != null ? String.valueOf(arguments[0]) : prepared;
            var commits = connection.getAutoCommit()
                    && CHANGE.matcher(sql.toLowerCase(Locale.ROOT)).find();
            return step(
                    new Frame(within.step + ": statement", within.ours),
                    commits ? Effect.COMMIT : Effect.NONE,
                    connection.unwrap(PGConnection.class).getBackendPID(),
                    () -> invoke(statement, method, arguments),
                    Watch::connectionLost);
        });
    }

    private interface Step {
        Object take() throws Throwable;
    }

    private Object step(Frame frame, Effect effect, int backend, Step step, Step withoutAnswer) throws Throwable {
        var told = fate;
        if (told == null || !frame.ours) {
            return within(frame, step);
        }
        var before = point(frame.step, Moment.BEFORE, effect);
        told.reach(before, backend);
        var after = new Point(frame.step, before.occurrence(), Moment.AFTER, effect);
        Object result;
        try {
            result = within(frame, step);
        } catch (Throwable e) {
            told.reach(after, backend);
            throw e;
        }
        if (told.losesAnswer(after)) {
            return withoutAnswer.take();
        }
        told.reach(after, backend);
        return unanswered.remove(frame.step) ? withoutAnswer.take() : result;
    }

    private Object within(Frame frame, Step step) throws Throwable {
        var outer = frames.get();
        frames.set(frame);
        try {
            return step.take();
        } finally {
            frames.set(outer);
        }
    }

    private synchronized Point point(String step, Moment moment, Effect effect) {
        return new Point(step, occurrences.merge(step, 1, Integer::sum), moment, effect);
    }

    private static Object connectionLost() throws SQLException {
        throw new SQLException("the answer is lost", PSQLState.CONNECTION_FAILURE.getState());
    }

    private static Object invoke(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> T proxy(T target, List<? extends Class<?>> types, InvocationHandler handler) {
        return (T) Proxy.newProxyInstance(
                Watch.class.getClassLoader(), types.toArray(Class<?>[]::new), (proxy, method, arguments) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return invoke(target, method, arguments);
                    }
                    return handler.invoke(proxy, method, arguments);
                });
    }
}
