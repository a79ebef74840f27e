package store.payment;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An acquirer behind a network that fails in the ways that a test has lined up, one for each call, in order. */
final class UnreliableAcquirer implements Acquirer {

    /** Decides whether a call is made, and what the caller sees. */
    interface Failure {
        <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered);

        /** The call takes effect, but its answer never arrives. */
        Failure ANSWER_LOST = new Failure() {
            @Override
            public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                var _ = call.get();
                return unanswered.apply(new Unknown("the answer is lost"));
            }
        };

        /** The call never arrives, and the caller cannot know that. */
        Failure CALL_LOST = new Failure() {
            @Override
            public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                return unanswered.apply(new Unknown("the call is lost"));
            }
        };

        Failure NONE = after(() -> {});

        Failure REFUSED = new Failure() {
            @Override
            public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                return unanswered.apply(new NotSent("connection refused"));
            }
        };

        static Failure before(Runnable somethingElse) {
            return new Failure() {
                @Override
                public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                    somethingElse.run();
                    return call.get();
                }
            };
        }

        static Failure after(Runnable somethingElse) {
            return new Failure() {
                @Override
                public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                    var answer = call.get();
                    somethingElse.run();
                    return answer;
                }
            };
        }
    }

    final AtomicInteger captures = new AtomicInteger();

    /** The calls that the caller has sent, in order, even if they never arrived. */
    final List<String> sent = new CopyOnWriteArrayList<>();

    private final Acquirer acquirer;
    private final Queue<Failure> failures = new ArrayDeque<>();
    private final Queue<Supplier<?>> underWay = new ArrayDeque<>();

    UnreliableAcquirer(Acquirer acquirer) {
        this.acquirer = acquirer;
    }

    void next(Failure failure) {
        failures.add(failure);
    }

    /** The next call is not answered, and takes effect only when it {@link #arrive arrives}. */
    void delayNext() {
        failures.add(new Failure() {
            @Override
            public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                underWay.add(call);
                return unanswered.apply(new Unknown("the call is on its way"));
            }
        });
    }

    /** Lets the delayed calls take effect. */
    void arrive() {
        for (var call = underWay.poll(); call != null; call = underWay.poll()) {
            var _ = call.get();
        }
    }

    /** Gives the next calls these answers; the calls take no effect. */
    void answersNext(Object... answers) {
        for (var answer : answers) {
            failures.add(new Failure() {
                @Override
                @SuppressWarnings("unchecked")
                public <A> A befall(Supplier<A> call, Function<Unanswered, A> unanswered) {
                    return (A) answer;
                }
            });
        }
    }

    @Override
    public String name() {
        return acquirer.name();
    }

    @Override
    public CaptureAnswer capture(AcquirerKey key, Money amount, CardToken token) {
        captures.incrementAndGet();
        return call("capture", () -> acquirer.capture(key, amount, token), unanswered -> unanswered);
    }

    @Override
    public VoidAnswer undo(AcquirerKey key) {
        return call("void", () -> acquirer.undo(key), unanswered -> unanswered);
    }

    @Override
    public RefundAnswer refund(AcquirerKey key, Movement capture) {
        return call("refund", () -> acquirer.refund(key, capture), unanswered -> unanswered);
    }

    @Override
    public LookupAnswer movementsOf(OrderId orderId) {
        return call("look", () -> acquirer.movementsOf(orderId), unanswered -> unanswered);
    }

    @Override
    public StatementAnswer statement(@Nullable String after, int limit) {
        return call("statement", () -> acquirer.statement(after, limit), unanswered -> unanswered);
    }

    private <A> A call(String what, Supplier<A> call, Function<Unanswered, A> unanswered) {
        sent.add(what);
        Failure failure;
        synchronized (failures) {
            failure = failures.poll();
        }
        return failure == null ? call.get() : failure.befall(call, unanswered);
    }
}
