package store.chaos.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Compares what a checkout takes on two stores that run side by side, by turns: A B, B A, A B, … A noisy machine is as noisy to the one
 * as to the other, so the ratios of the pairs hold where the figures do not.
 */
final class Turns {

    /**
     * One turn's checkouts, counted from when they were to begin.
     *
     * @param others answers that were not 201
     */
    record Turn(double p50Millis, double p99Millis, long others) {}

    /** What two turns, one on each store, had. */
    record Pair(Turn first, Turn second) {
        double ratio() {
            return second.p50Millis / first.p50Millis;
        }
    }

    private final HttpClient http;
    private final int perSecond;

    /** @param perSecond checkouts that begin, at even distances, whatever became of those before */
    Turns(HttpClient http, int perSecond) {
        this.http = http;
        this.perSecond = perSecond;
    }

    List<Pair> pairs(URI first, URI second, int pairs, int seconds, int warmUpSeconds)
            throws IOException, InterruptedException, ExecutionException {
        var buyer = new Buyer(http, first, Buyer.products(http, first));
        var other = new Buyer(http, second, Buyer.products(http, second));
        System.err.printf("warming up for twice %d s%n", warmUpSeconds);
        turn(buyer, warmUpSeconds);
        turn(other, warmUpSeconds);
        var taken = new ArrayList<Pair>();
        for (var number = 1; number <= pairs; number++) {
            Turn one;
            Turn two;
            if (number % 2 == 1) {
                one = turn(buyer, seconds);
                two = turn(other, seconds);
            } else {
                two = turn(other, seconds);
                one = turn(buyer, seconds);
            }
            var pair = new Pair(one, two);
            taken.add(pair);
            System.err.printf(
                    "pair %d of %d: p50 %.1f and %.1f ms, ratio %.2f%n",
                    number, pairs, one.p50Millis, two.p50Millis, pair.ratio());
        }
        return taken;
    }

    private Turn turn(Buyer buyer, int seconds) throws InterruptedException, ExecutionException {
        var checkouts = new ArrayList<Future<Long>>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var began = System.nanoTime();
            for (var number = 0; number < seconds * perSecond; number++) {
                var intended = began + number * TimeUnit.SECONDS.toNanos(1) / perSecond;
                for (var left = intended - System.nanoTime(); left > 0; left = intended - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                var which = number;
                checkouts.add(executor.submit(() -> buyer.buy(which) == 201 ? System.nanoTime() - intended : -1));
            }
        }
        var nanos = new ArrayList<Long>();
        for (var checkout : checkouts) {
            if (checkout.get() >= 0) {
                nanos.add(checkout.get());
            }
        }
        if (nanos.isEmpty()) {
            throw new IllegalStateException("no checkout was confirmed");
        }
        nanos.sort(null);
        return new Turn(
                nanos.get(nanos.size() / 2) / 1e6,
                nanos.get(nanos.size() * 99 / 100) / 1e6,
                checkouts.size() - nanos.size());
    }
}
