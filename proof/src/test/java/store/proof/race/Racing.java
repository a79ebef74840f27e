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

/** How races are run: often, and from one line. */
final class Racing {

    /** {@code -Dstore.races=200} is the full proof; a race that has variants runs as often with each. */
    static final int TIMES = Integer.getInteger("store.races", 4);

    /** On whatever is awaited; a schedule that hangs is a failure. */
    static final Duration BOUND = Duration.ofSeconds(60);

    private Racing() {}

    /** One run of a race; what it returns is judged when all have ended. */
    interface Run<T> {
        T run(int iteration) throws Exception;
    }

    static <T> List<T> repeat(int times, Run<T> race) throws Exception {
        return repeat(times, race, 1);
    }

    /** Several at a time: for races that mostly wait for recovery. */
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

    /** Runs {@code meanwhile} while {@code paused} is held back at the gate; then that goes on, to its end. */
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

    /** What overtakes. */
    interface Meanwhile {
        void run() throws Exception;
    }

    /** None starts before the last is there. */
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
