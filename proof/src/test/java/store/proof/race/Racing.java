package store.proof.race;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import store.proof.race.Gates.Gate;

/** Runs races many times, with racers that start together. */
final class Racing {

    /** {@code -Dstore.races=200} is the full proof. A race with variants runs this often for each variant. */
    static final int TIMES = Integer.getInteger("store.races", 4);

    /** Bounds every wait, so that a schedule that hangs is a failure. */
    static final Duration BOUND = Duration.ofSeconds(60);

    private Racing() {}

    /** One run of a race. Its result is judged when all runs have ended. */
    interface Run<T> {
        T run(int iteration) throws Exception;
    }

    static <T> List<T> repeat(int times, Run<T> race) throws Exception {
        return repeat(times, race, 1);
    }

    /** Runs several at a time, for races that mostly wait for recovery. */
    static <T> List<T> repeatSideBySide(int times, Run<T> race) throws Exception {
        return repeat(times, race, 8);
    }

    private static <T> List<T> repeat(int times, Run<T> race, int atATime) throws Exception {
        try (var threads =
                Executors.newFixedThreadPool(atATime, Thread.ofVirtual().factory())) {
            var runs = IntStream.range(0, times)
                    .mapToObj(iteration -> threads.submit(() -> {
                        try {
                            return race.run(iteration);
                        } catch (Exception | AssertionError e) {
                            throw new AssertionError("in iteration " + iteration, e);
                        }
                    }))
                    .toList();
            List<T> ends = new ArrayList<>();
            for (var run : runs) {
                ends.add(run.get());
            }
            return ends;
        }
    }

    /**
     * Runs {@code meanwhile} while {@code paused} is held back at the gate, then lets {@code paused} run to its end.
     */
    static <T> T overtake(Gate gate, Callable<T> paused, Meanwhile meanwhile) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var overtaken = threads.submit(paused);
            try {
                gate.awaitReached();
                meanwhile.run();
            } finally {
                gate.open();
            }
            return overtaken.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** The work that overtakes. */
    interface Meanwhile {
        void run() throws Exception;
    }

    /** Starts the racers together: none begins before the last is ready. */
    static <T> List<T> together(List<Callable<T>> racers) throws Exception {
        var start = new CyclicBarrier(racers.size());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> running = new ArrayList<>();
            for (var racer : racers) {
                running.add(threads.submit(() -> {
                    start.await(BOUND.toMillis(), TimeUnit.MILLISECONDS);
                    return racer.call();
                }));
            }
            List<T> ends = new ArrayList<>();
            for (var racer : running) {
                ends.add(racer.get(BOUND.toMillis(), TimeUnit.MILLISECONDS));
            }
            return ends;
        }
    }
}
