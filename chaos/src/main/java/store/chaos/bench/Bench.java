package store.chaos.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import store.chaos.running.RunningStore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A first figure: confirmed checkouts a second from clients that each wait for their answer before they ask again, and the memory of the
 * store at rest. A closed loop hides what a slow answer does to those who would have come meanwhile, so its latencies are not quoted as the
 * store's; its rate is what two cores can carry.
 */
@Command(
        name = "chaos/bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures confirmed checkouts a second of a running store and its memory at rest, or compares two.")
final class Bench implements Callable<Integer> {

    private static final JsonMapper JSON = new JsonMapper();

    @Option(names = "--name", defaultValue = "store", description = "The instance. Default: ${DEFAULT-VALUE}")
    private String name = "store";

    @Option(names = "--clients", defaultValue = "16", description = "Clients at a time. Default: ${DEFAULT-VALUE}")
    private int clients;

    @Option(names = "--seconds", defaultValue = "20", description = "Length of a run. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(names = "--runs", defaultValue = "5", description = "Counted runs. Default: ${DEFAULT-VALUE}")
    private int runs;

    @Option(
            names = "--warm-up",
            defaultValue = "120",
            description = "Seconds before the first. Default: ${DEFAULT-VALUE}")
    private int warmUp;

    @Option(
            names = "--against",
            paramLabel = "NAME",
            description = "Instead of the rate, compare what a checkout takes with this instance, by turns.")
    private @Nullable String against;

    @Option(
            names = "--pairs",
            defaultValue = "10",
            description = "Turns on each, for --against. Default: ${DEFAULT-VALUE}")
    private int pairs;

    @Option(
            names = "--rate",
            defaultValue = "30",
            description = "Checkouts a second, for --against. Default: ${DEFAULT-VALUE}")
    private int rate;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static void main(String[] arguments) {
        var line = new CommandLine(new Bench());
        line.setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("chaos/bench: " + failure.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        var store = RunningStore.find(name).requireUp();
        if (against != null) {
            return compare(store, RunningStore.find(against).requireUp());
        }
        var memory = store.memoryBytes();
        var shelves = Buyer.products(http, store.gateway());
        System.err.printf("warming up for %d s%n", warmUp);
        run(store.gateway(), shelves, Duration.ofSeconds(warmUp));
        var rates = new ArrayList<Double>();
        var statuses = new TreeMap<Integer, Long>();
        for (var run = 1; run <= runs; run++) {
            var result = run(store.gateway(), shelves, Duration.ofSeconds(seconds));
            var rate = result.getOrDefault(201, 0L) / (double) seconds;
            rates.add(rate);
            result.forEach((status, count) -> statuses.merge(status, count, Long::sum));
            System.err.printf("run %d of %d: %.0f confirmed/s, answers %s%n", run, runs, rate, result);
        }
        var median = median(rates.stream());
        if (json) {
            System.out.println(JSON.writeValueAsString(Map.of(
                    "clients", clients,
                    "seconds", seconds,
                    "confirmedPerSecond", rates,
                    "medianConfirmedPerSecond", median,
                    "answers", statuses,
                    "idleBytes", memory.orElseGet(TreeMap::new))));
        } else {
            System.out.printf(
                    "median %.0f confirmed checkouts/s (%.0f to %.0f) from %d clients, %d runs of %d s; answers %s%n",
                    median, Collections.min(rates), Collections.max(rates), clients, runs, seconds, statuses);
            memory.ifPresentOrElse(Bench::print, () -> System.out.println("memory: this system does not tell"));
        }
        return 0;
    }

    private int compare(RunningStore store, RunningStore other)
            throws IOException, InterruptedException, ExecutionException {
        var taken = new Turns(http, rate).pairs(store.gateway(), other.gateway(), pairs, seconds, warmUp);
        var ratio = median(taken.stream().map(Turns.Pair::ratio));
        var p50 = median(taken.stream().map(pair -> pair.first().p50Millis()));
        var otherP50 = median(taken.stream().map(pair -> pair.second().p50Millis()));
        if (json) {
            System.out.println(JSON.writeValueAsString(
                    Map.of("perSecond", rate, "seconds", seconds, "pairs", taken, "medianRatio", ratio)));
        } else {
            System.out.printf(
                    "median of %d pairs at %d checkouts/s: p50 on %s is %.2f times that on %s (medians %.1f and %.1f"
                            + " ms)%n",
                    taken.size(), rate, other.name(), ratio, store.name(), otherP50, p50);
        }
        return 0;
    }

    private static double median(Stream<Double> values) {
        var sorted = values.sorted().toList();
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static void print(Map<String, Long> bytes) {
        bytes.forEach((part, count) -> System.out.printf("%-18s %5d MB%n", part, count >> 20));
        System.out.printf(
                "%-18s %5d MB, sum of PSS at rest%n",
                "all", bytes.values().stream().mapToLong(Long::longValue).sum() >> 20);
    }

    /** Answers by status; the clients stop at the end and wait for their last answer. */
    private Map<Integer, Long> run(URI gateway, List<JsonNode> shelves, Duration length)
            throws InterruptedException, ExecutionException {
        var end = System.nanoTime() + length.toNanos();
        var statuses = new TreeMap<Integer, Long>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<Map<Integer, Long>>>();
            for (var client = 0; client < clients; client++) {
                var first = client * 7;
                running.add(executor.submit(() -> buyUntil(end, new Buyer(http, gateway, shelves), first)));
            }
            for (var client : running) {
                client.get().forEach((status, count) -> statuses.merge(status, count, Long::sum));
            }
        }
        return statuses;
    }

    private Map<Integer, Long> buyUntil(long end, Buyer buyer, int first) throws IOException, InterruptedException {
        var statuses = new TreeMap<Integer, Long>();
        for (var next = first; System.nanoTime() < end; next++) {
            statuses.merge(buyer.buy(next), 1L, Long::sum);
        }
        return statuses;
    }
}
