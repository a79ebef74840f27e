package store.order;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import store.resilience.TransactionGuard;

/**
 * One step at a peer, and the connection to it. A test can lose the next request or its answer, or plan another answer.
 *
 * @param <O> the outcome of the step
 */
public final class PeerStep<O> {

    /** A request that was sent, whether or not it arrived. */
    public record Sent(OrderId order, String step) {}

    private final String name;
    private final Function<String, O> unknown;
    private final TransactionGuard guard;
    private final Consumer<Sent> sent;
    private final Queue<Function<Supplier<O>, O>> next = new ConcurrentLinkedQueue<>();

    /**
     * @param unknown the outcome of a step that is not answered
     * @param sent is told every request that is sent
     */
    PeerStep(String name, Function<String, O> unknown, TransactionGuard guard, Consumer<Sent> sent) {
        this.name = name;
        this.unknown = unknown;
        this.guard = guard;
        this.sent = sent;
    }

    /** The next request never reaches the peer. */
    public void loseNextRequest() {
        next.add(_ -> unknown.apply("the request was lost"));
    }

    /** The peer takes the next step, and its answer never arrives. */
    public void loseNextAnswer() {
        next.add(peer -> {
            var lost = peer.get();
            return unknown.apply("the answer was lost: " + lost);
        });
    }

    /** The peer ignores the next request and answers this. */
    public void answerNext(Supplier<O> answer) {
        next.add(_ -> answer.get());
    }

    /** Forgets what was planned. */
    public void reset() {
        next.clear();
    }

    O take(OrderId order, Supplier<O> peer) {
        guard.requireNoTransaction();
        sent.accept(new Sent(order, name));
        var planned = next.poll();
        return planned == null ? peer.get() : planned.apply(peer);
    }
}
