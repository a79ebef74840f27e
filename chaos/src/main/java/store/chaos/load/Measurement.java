package store.chaos.load;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import store.chaos.load.Buyers.Turn;
import store.chaos.running.RunningStore;
import tools.jackson.databind.json.JsonMapper;

/**
 * Figures of running instances from checkouts alone. The rate of a closed loop is what the machine can carry; its latencies are not
 * quoted, because a closed loop hides what a slow answer does to customers who would have come meanwhile.
 */
final class Measurement {

    @Option(
            names = "--clients",
            paramLabel = "N",
            description =
                    "Instead: measure memory at rest, and confirmed checkouts a second from N clients that wait for"
                            + " each answer. Looks at --name, --runs, --for, --warm-up, --json alone.")
    private int clients;

    @Option(
            names = "--runs",
            defaultValue = "5",
            description = "Counted runs, for --clients. Default: ${DEFAULT-VALUE}")
    private int runs;

    @Option(
            names = "--against",
            paramLabel = "NAME",
            description =
                    "Instead: compare what a checkout takes with this instance, by turns. Looks at --name, --pairs,"
                            + " --rate, --for, --warm-up, --json alone.")
    private @Nullable String against;

    @Option(
            names = "--pairs",
            defaultValue = "10",
            description = "Turns on each instance, for --against. Default: ${DEFAULT-VALUE}")
    private int pairs;

    /** Two turns, one on each store. */
    record Pair(Turn first, Turn second) {
        double ratio() {
            return second.p50Millis() / first.p50Millis();
        }
    }

    boolean isWanted() {
        return clients > 0 || against != null;
    }

    /** @param length of a run or turn */
    void print(RunningStore store, double perSecond, Duration length, Duration warmUp, boolean json)
            throws IOException, InterruptedException, ExecutionException {
        if (against == null) {
            printRate(store, length, warmUp, json);
        } else {
            printComparison(store, RunningStore.find(against).requireUp(), perSecond, length, warmUp, json);
        }
    }

    private void printRate(RunningStore store, Duration length, Duration warmUp, boolean json)
            throws IOException, InterruptedException, ExecutionException {
        var memory = store.memoryBytes();
        var rates = new ArrayList<Double>();
        var answers = new TreeMap<Integer, Long>();
        try (var buyers = new Buyers(store.gateway(), clients)) {
            System.err.printf("warming up for %d s%n", warmUp.toSeconds());
            buyers.loop(warmUp);
            for (var run = 1; run <= runs; run++) {
                var result = buyers.loop(length);
                var rate = result.getOrDefault(201, 0L) / (length.toMillis() / 1e3);
                rates.add(rate);
                result.forEach((status, count) -> answers.merge(status, count, Long::sum));
                System.err.printf("run %d of %d: %.0f confirmed/s, answers %s%n", run, runs, rate, result);
            }
        }
        var median = median(rates.stream());
        if (json) {
            print(Map.of(
                    "clients", clients,
                    "seconds", length.toSeconds(),
                    "confirmedPerSecond", rates,
                    "medianConfirmedPerSecond", median,
                    "answers", answers,
                    "idleBytes", memory.orElseGet(TreeMap::new)));
        } else {
            System.out.printf(
                    "median %.0f confirmed checkouts/s (%.0f to %.0f) from %d clients, %d runs of %d s; answers %s%n",
                    median, Collections.min(rates), Collections.max(rates), clients, runs, length.toSeconds(), answers);
            memory.ifPresentOrElse(
                    Measurement::printMemory, () -> System.out.println("memory: this system does not tell"));
        }
    }

    /** A noisy machine is as noisy to one store as to the other, so the ratios of the pairs hold where the figures do not. */
    private void printComparison(
            RunningStore store, RunningStore other, double perSecond, Duration length, Duration warmUp, boolean json)
            throws IOException, InterruptedException, ExecutionException {
        var taken = new ArrayList<Pair>();
        try (var first = new Buyers(store.gateway(), 1);
                var second = new Buyers(other.gateway(), 1)) {
            System.err.printf("warming up for twice %d s%n", warmUp.toSeconds());
            first.turn(warmUp, perSecond);
            second.turn(warmUp, perSecond);
            for (var number = 1; number <= pairs; number++) {
                var isReversed = number % 2 == 0; // A B, B A, A B, …
                var early = (isReversed ? second : first).turn(length, perSecond);
                var late = (isReversed ? first : second).turn(length, perSecond);
                var pair = isReversed ? new Pair(late, early) : new Pair(early, late);
                taken.add(pair);
                System.err.printf(
                        "pair %d of %d: p50 %.1f and %.1f ms, ratio %.2f%n",
                        number, pairs, pair.first.p50Millis(), pair.second.p50Millis(), pair.ratio());
            }
        }
        var ratio = median(taken.stream().map(Pair::ratio));
        if (json) {
            print(Map.of("perSecond", perSecond, "seconds", length.toSeconds(), "pairs", taken, "medianRatio", ratio));
        } else {
            System.out.printf(
                    "median of %d pairs at %.0f checkouts/s: p50 on %s is %.2f times that on %s (medians %.1f and %.1f"
                            + " ms)%n",
                    taken.size(),
                    perSecond,
                    other.name(),
                    ratio,
                    store.name(),
                    median(taken.stream().map(pair -> pair.second.p50Millis())),
                    median(taken.stream().map(pair -> pair.first.p50Millis())));
        }
    }

    private static void print(Map<String, ?> result) {
        System.out.println(JsonMapper.shared().writeValueAsString(result));
    }

    private static void printMemory(Map<String, Long> bytes) {
        bytes.forEach((part, count) -> System.out.printf("%-18s %5d MB%n", part, count >> 20));
        System.out.printf(
                "%-18s %5d MB, sum of PSS at rest%n",
                "all", bytes.values().stream().mapToLong(Long::longValue).sum() >> 20);
    }

    /** Of a few runs or pairs, exactly. */
    private static double median(Stream<Double> values) {
        List<Double> sorted = values.sorted().toList();
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
