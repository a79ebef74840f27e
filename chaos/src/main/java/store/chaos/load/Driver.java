package store.chaos.load;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import store.chaos.load.Outcome.End;
import store.chaos.load.Plan.Arrival;
import store.chaos.load.Plan.Kind;
import store.chaos.load.Shop.Answer;
import store.chaos.load.Shop.Customer;
import store.chaos.load.Shop.Product;

/** Sends each arrival at its time, whatever became of earlier ones, and follows each checkout to its end. */
final class Driver {

    /** First requests that wait for an answer; further arrivals are dropped. Lets 200 a second hang for the whole bound of an answer. */
    static final int WAITING_MAX = 2000;

    /** Repeats and looks under way; further ones wait, and no figure counts that wait. */
    private static final int FOLLOWING_UP_MAX = 500;

    private static final List<String> FINAL = List.of("CONFIRMED", "REJECTED", "DECLINED", "CANCELLED");
    private static final Duration BACK_OFF_FIRST = Duration.ofMillis(250);

    /** Between two attempts of a customer who does not know whether the order exists. */
    private static final Duration REPEAT_PAUSE_MAX = Duration.ofSeconds(8);

    /** Between two looks at an acknowledged order; as long as recovery's own longest pause. */
    private static final Duration LOOK_PAUSE_MAX = Duration.ofSeconds(20);

    /** Long enough that some cancel while recovery works on their order. */
    private static final long CANCEL_WITHIN_MILLIS = 2000;

    private final Shop shop;
    private final List<Product> products;
    private final List<Customer> customers;
    private final Duration patience;
    private final Results results;
    private final Semaphore waiting = new Semaphore(WAITING_MAX);
    private final Semaphore followingUp = new Semaphore(FOLLOWING_UP_MAX);
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private volatile boolean stopped;

    /** @param patience how long a checkout is followed up, from its planned beginning */
    Driver(Shop shop, List<Product> products, List<Customer> customers, Duration patience, Results results) {
        this.shop = shop;
        this.products = products;
        this.customers = customers;
        this.patience = patience;
        this.results = results;
    }

    /** Arrivals that have not finished. */
    int open() {
        return open.get();
    }

    /** Sends no more arrivals. */
    void stop() {
        stopped = true;
    }

    /**
     * Returns when every arrival has finished.
     *
     * @throws InterruptedException after giving up the arrivals under way
     * @throws RuntimeException if an arrival failed unexpectedly, for example because the journal cannot be written
     */
    void run(Plan plan) throws InterruptedException {
        var began = System.nanoTime();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                for (var arrivals = plan.arrivals(); arrivals.hasNext() && !stopped && failure.get() == null; ) {
                    release(arrivals.next(), began, executor);
                }
            } catch (InterruptedException e) {
                executor.shutdownNow();
                throw e;
            }
        }
        // An interrupt does not shorten the close of an executor; it stays set.
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (failure.get() instanceof RuntimeException unexpected) {
            throw unexpected;
        }
    }

    private void release(Arrival arrival, long began, ExecutorService executor) throws InterruptedException {
        var intended = began + arrival.atNanos();
        sleepUntil(intended);
        if (!waiting.tryAcquire()) {
            results.dropped(arrival);
            return;
        }
        open.incrementAndGet();
        executor.execute(() -> {
            try {
                serve(arrival, intended);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the run is given up, and this thread ends here
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            } finally {
                open.decrementAndGet();
            }
        });
    }

    /** @param nanos an instant of {@link System#nanoTime} */
    static void sleepUntil(long nanos) throws InterruptedException {
        for (var left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private void serve(Arrival arrival, long intended) throws InterruptedException {
        var customer = customers.get(arrival.customer());
        var checkout =
                Shop.checkout(arrival.lines(), products, arrival.card(), arrival.kind() == Kind.OUTDATED ? 1 : 0);
        Answer answer;
        try {
            results.sent(System.nanoTime() - intended);
            answer = arrival.kind() == Kind.BROWSE
                    ? shop.browse(
                            arrival.browsesAll()
                                    ? ""
                                    : "/"
                                            + products.get(arrival.lines()
                                                            .getFirst()
                                                            .product())
                                                    .sku())
                    : shop.place(customer, arrival.key(), 1, checkout);
        } finally {
            waiting.release();
        }
        results.answered(arrival, Outcome.of(answer), System.nanoTime() - intended);
        if (arrival.kind() != Kind.BROWSE) {
            results.ended(followUp(arrival, customer, checkout, answer, intended));
        }
    }

    /**
     * Repeats the key until its answer is terminal. The key of an acknowledged order is repeated once; from then on the customer looks at
     * the order, and repeats the key when the order is final. Some customers leave when they are turned away.
     */
    private End followUp(Arrival arrival, Customer customer, String checkout, Answer first, long intended)
            throws InterruptedException {
        var jitter = new SplittableRandom(arrival.number());
        var answer = first;
        var order = "";
        var attempts = 1;
        var looks = 0;
        var isFinal = false;
        if (arrival.givesUp() && Outcome.of(answer) == Outcome.SHED) {
            return End.GONE;
        }
        for (var round = 0; !answer.isTerminal(); round++) {
            if (answer.status() == 202 && order.isEmpty()) {
                order = answer.field("id").asString("");
                if (arrival.kind() == Kind.CANCEL && !order.isEmpty()) {
                    Thread.sleep(jitter.nextLong(CANCEL_WITHIN_MILLIS));
                    shop.cancel(customer, arrival.key(), order);
                }
            }
            var pause = pause(answer, round, order.isEmpty() ? REPEAT_PAUSE_MAX : LOOK_PAUSE_MAX, jitter);
            if (System.nanoTime() + pause.toNanos() - intended > patience.toNanos()) {
                return order.isEmpty() ? End.UNACKNOWLEDGED : End.OPEN;
            }
            Thread.sleep(pause);
            followingUp.acquire();
            try {
                var isSeenFinal = false;
                if (!order.isEmpty()) {
                    var look = shop.order(customer, arrival.key(), order, ++looks);
                    isSeenFinal = look.status() == 200
                            && FINAL.contains(look.field("status").asString(""));
                }
                if (isSeenFinal && !isFinal) {
                    isFinal = true;
                    results.becameFinal(System.nanoTime() - intended);
                }
                if (order.isEmpty() || isSeenFinal || attempts == 1) {
                    answer = shop.place(customer, arrival.key(), ++attempts, checkout);
                }
            } finally {
                followingUp.release();
            }
        }
        if (!isFinal) {
            results.becameFinal(System.nanoTime() - intended);
        }
        if (arrival.repeats()) {
            shop.place(customer, arrival.key(), ++attempts, checkout);
        }
        return End.of(answer);
    }

    /** At least as long as the store asks for, longer from round to round, and jittered so that customers do not repeat in step. */
    static Duration pause(Answer answer, int round, Duration longest, RandomGenerator jitter) {
        var backOff = BACK_OFF_FIRST.toMillis() << Math.min(round, 10);
        var millis = Math.max(answer.retryAfter().toMillis(), Math.min(backOff, longest.toMillis()));
        return Duration.ofMillis(millis + jitter.nextLong(millis / 4 + 1));
    }
}
