package store.chaos.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
        description = "Measures confirmed checkouts a second of a running store, and its memory at rest.")
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
        var memory = store.memoryBytes();
        var shelves = products(store.gateway());
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
        var sorted = rates.stream().sorted().toList();
        var median = sorted.get(sorted.size() / 2);
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
                    median, sorted.getFirst(), sorted.getLast(), clients, runs, seconds, statuses);
            memory.ifPresentOrElse(Bench::print, () -> System.out.println("memory: this system does not tell"));
        }
        return 0;
    }

    private static void print(Map<String, Long> bytes) {
        bytes.forEach((part, count) -> System.out.printf("%-18s %5d MB%n", part, count >> 20));
        System.out.printf(
                "%-18s %5d MB, sum of PSS at rest%n",
                "all", bytes.values().stream().mapToLong(Long::longValue).sum() >> 20);
    }

    private List<JsonNode> products(URI gateway) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(gateway.resolve("/api/products")).build(), BodyHandlers.ofByteArray());
        return JSON.readTree(answer.body()).path("products").valueStream().toList();
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
                running.add(executor.submit(() -> buyUntil(end, gateway, shelves, first)));
            }
            for (var client : running) {
                client.get().forEach((status, count) -> statuses.merge(status, count, Long::sum));
            }
        }
        return statuses;
    }

    /** A client has a name of its own, and buys one piece of one product after the other. */
    private Map<Integer, Long> buyUntil(long end, URI gateway, List<JsonNode> shelves, int first)
            throws IOException, InterruptedException {
        var guest = http.send(
                HttpRequest.newBuilder(gateway.resolve("/api/guests"))
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofByteArray());
        var token = JSON.readTree(guest.body()).path("token").asString();
        var statuses = new TreeMap<Integer, Long>();
        for (var next = first; System.nanoTime() < end; next++) {
            var product = shelves.get(next % shelves.size());
            var body =
                    "{\"lines\":[{\"sku\":%s,\"quantity\":1}],\"payment\":{\"token\":\"tok_visa\"},\"expectedTotal\":%s}"
                            .formatted(product.path("sku"), product.path("price"));
            var answer = http.send(
                    HttpRequest.newBuilder(gateway.resolve("/api/orders"))
                            .header("Authorization", "Bearer " + token)
                            .header("Idempotency-Key", UUID.randomUUID().toString())
                            .header("Content-Type", "application/json")
                            .timeout(Duration.ofSeconds(10))
                            .POST(BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.discarding());
            statuses.merge(answer.statusCode(), 1L, Long::sum);
        }
        return statuses;
    }
}
