package store.chaos.load;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import store.chaos.journal.Journal;
import store.chaos.load.Outcome.End;
import store.chaos.load.Plan.Kind;
import store.chaos.load.Plan.Profile;
import store.chaos.load.Results.Percentiles;
import store.chaos.load.Results.Section;
import store.chaos.running.RunningStore;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** The command {@code chaos/load}. */
@Command(
        name = "chaos/load",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Sends customers to a running store at times that do not depend on its answers, follows each checkout to"
                    + " its end, and keeps a journal.",
            "Latencies count from the planned arrival. The same seed gives the same arrivals."
        },
        footer = "%nExit codes: 0 done, 1 failed, 2 usage or a missing prerequisite, 3 the run is not valid, 130"
                + " interrupted.")
final class Load implements Callable<Integer> {

    /** How long the summary of an interrupted run may take; the checkouts of the run are given up at once. */
    private static final Duration INTERRUPT_BOUND = Duration.ofSeconds(10);

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private static final String JOURNAL = "journal.jsonl";

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--name", defaultValue = "store", description = "The instance. Default: ${DEFAULT-VALUE}")
    private String name = "store";

    @Option(names = "--url", paramLabel = "URL", description = "The store's address, instead of an instance.")
    private @Nullable URI url;

    @Option(
            names = "--allow",
            paramLabel = "HOST",
            description = "Another host than this machine that the load may go to; can be repeated.")
    private List<String> allowed = new ArrayList<>();

    @Option(
            names = "--rate",
            defaultValue = "30",
            paramLabel = "RATE",
            description = "Arrivals a second: 30, or steps of equal length 10,50,100, or a ramp 10..100. Default:"
                    + " ${DEFAULT-VALUE}")
    private Rate rate = Rate.parse("30");

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description =
                    "How long customers come: 60s, 2m, 1m30s. Default: 60s; 20s for each run or turn of --clients or"
                            + " --against")
    private @Nullable Duration length;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            description =
                    "How long customers only browse before, up to the rate, uncounted: a cold driver is late. Default:"
                            + " 10s; 2m of checkouts for --clients and --against")
    private @Nullable Duration warmUp;

    @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--mix",
            split = ",",
            defaultValue = "checkout=75,cancel=5,browse=20",
            paramLabel = "KIND=SHARE",
            description = "Why customers come; cancel is a checkout that is cancelled while it is pending. Default:"
                    + " ${DEFAULT-VALUE}")
    private Map<Kind, Double> mix = Map.of();

    @Option(
            names = "--cards",
            split = ",",
            defaultValue =
                    "tok_visa=90,tok_declined=2,tok_insufficient_funds=2,tok_slow=2,tok_silent=1,tok_unavailable=2,tok_fraud_later=1",
            paramLabel = "CARD=SHARE",
            description = "Cards that customers pay with. Default: ${DEFAULT-VALUE}")
    private Map<String, Double> cards = Map.of();

    @Option(
            names = "--profile",
            defaultValue = "spread",
            description = "hot: nine in ten want one product; spread: all products are wanted alike. Default:"
                    + " ${DEFAULT-VALUE}")
    private Profile profile = Profile.SPREAD;

    @Option(names = "--customers", defaultValue = "50", description = "Guests to act as. Default: ${DEFAULT-VALUE}")
    private int customers;

    @Option(
            names = "--patience",
            defaultValue = "2m",
            paramLabel = "TIME",
            description = "How long each checkout is followed up. Default: ${DEFAULT-VALUE}")
    private Duration patience = Duration.ofMinutes(2);

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Directory of journal.jsonl and load.json. Default: chaos/out/load-TIME")
    private @Nullable Path out;

    @Mixin
    private Measurement measurement = new Measurement();

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Load())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Rate.class, Rate::parse)
                .registerConverter(Duration.class, text -> Duration.parse("PT" + text))
                .setExecutionExceptionHandler((failure, command, _) -> {
                    if (failure instanceof InterruptedException) {
                        return 130; // before the first arrival
                    }
                    command.getErr().println("chaos/load: " + failure.getMessage());
                    return failure instanceof IOException ? 2 : 1;
                });
    }

    /** The content of {@code load.json}; {@code chaos/schema/load.schema.json} describes it. */
    record Report(
            Instant startedAt,
            URI url,
            long seed,
            Map<Kind, Double> mix,
            Map<String, Double> cards,
            Profile profile,
            boolean valid,
            List<String> notValidBecause,
            boolean interrupted,
            Path journal,
            Section total,
            List<Section> steps,
            Map<End, Long> ends,
            Percentiles untilFinalMillis,
            DriverReport driver,
            List<Map<Outcome, Long>> timeline) {}

    /** @param cpuCores how many cores this process kept busy on average */
    record DriverReport(double cpuCores, Percentiles lagMillis) {}

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        if (measurement.isWanted()) {
            if (url != null || !rate.isLevel()) {
                throw usage("--clients and --against need instances, and one rate");
            }
            measurement.print(
                    RunningStore.find(name).requireUp(),
                    rate.stretches().getFirst().fromPerSecond(),
                    Objects.requireNonNullElse(length, Duration.ofSeconds(20)),
                    Objects.requireNonNullElse(warmUp, Duration.ofMinutes(2)),
                    json);
            return 0;
        }
        var store = url != null ? url : RunningStore.find(name).gateway();
        requireAllowed(store);
        var startedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        var directory = out != null
                ? out
                : Path.of("chaos/out/load-" + startedAt.toString().replaceAll("[-:]", ""));
        Files.createDirectories(directory);
        try (var journal = Journal.create(directory.resolve(JOURNAL));
                var shop = new Shop(store, journal::add)) {
            var products = shop.products();
            var plan = plan(products.size());
            var results = new Results(plan);
            var guests = shop.guests(customers);
            var driver = new Driver(shop, products, guests, patience, results);
            var finished = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(interrupting(Thread.currentThread(), finished));
            try {
                var browsing = Objects.requireNonNullElse(warmUp, Duration.ofSeconds(10));
                if (browsing.isPositive()) {
                    System.err.println("warming up for " + browsing.toSeconds() + " s");
                    var before = plan.browsingBefore(browsing);
                    new Driver(shop, products, guests, patience, new Results(before)).run(before);
                }
                return run(plan, driver, results, store, startedAt, directory);
            } finally {
                finished.countDown();
            }
        }
    }

    private int run(Plan plan, Driver driver, Results results, URI store, Instant startedAt, Path directory)
            throws IOException, InterruptedException {
        var began = System.nanoTime();
        var cpuBefore = cpuNanos();
        var progress = Thread.ofVirtual().start(() -> report(plan, driver, results, began));
        var interrupted = false;
        try {
            driver.run(plan);
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            progress.interrupt();
        }
        var nanos = System.nanoTime() - began;
        var doubts = results.doubts();
        var report = new Report(
                startedAt,
                store,
                seed,
                plan.mix(),
                plan.cards(),
                profile,
                doubts.isEmpty(),
                doubts,
                interrupted,
                directory.resolve(JOURNAL),
                results.total(Math.min(plan.seconds(), nanos / 1e9)),
                results.steps(),
                results.ends(),
                results.untilFinalMillis(),
                new DriverReport((cpuNanos() - cpuBefore) / (double) nanos, results.lagMillis()),
                results.timeline());
        var document = JSON.writeValueAsString(report);
        Files.writeString(directory.resolve("load.json"), document + '\n');
        System.out.println(json ? document : Summary.of(report));
        System.out.flush();
        return interrupted ? 130 : doubts.isEmpty() ? 0 : 3;
    }

    private Plan plan(int products) {
        try {
            var coming = Objects.requireNonNullElse(length, Duration.ofMinutes(1));
            return new Plan(seed, rate, coming, mix, cards, profile, products, customers);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    private ParameterException usage(@Nullable String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message == null ? "" : message);
    }

    /** A load may not leave this machine by mistake. */
    private void requireAllowed(URI store) throws IOException {
        var host = store.getHost();
        if (host == null || !List.of("http", "https").contains(store.getScheme())) {
            throw usage(store + " is not the address of a store");
        }
        if (!allowed.contains(host)
                && !Arrays.stream(InetAddress.getAllByName(host)).allMatch(InetAddress::isLoopbackAddress)) {
            throw usage(host + " is not this machine; if it is yours, --allow " + host);
        }
    }

    /** On SIGINT or SIGTERM the main thread gives up the checkouts under way and prints the summary; the exit code names the signal. */
    private static Thread interrupting(Thread main, CountDownLatch finished) {
        return new Thread(() -> {
            if (finished.getCount() == 0) {
                return;
            }
            main.interrupt();
            try {
                if (!finished.await(INTERRUPT_BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
                    System.err.println("chaos/load: no summary within " + INTERRUPT_BOUND.toSeconds() + " s");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** Prints progress: on a terminal one line that is overwritten each second, in a log a line each 5 s. The script knows which. */
    private static void report(Plan plan, Driver driver, Results results, long began) {
        var isTerminal = Boolean.getBoolean("chaos.terminal");
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(isTerminal ? 1 : 5);
                var outcomes = results.total(0).outcomes().entrySet().stream()
                        .filter(outcome -> outcome.getValue() > 0)
                        .map(outcome -> outcome.getKey() + " " + outcome.getValue())
                        .collect(Collectors.joining(", "));
                var line = "%3d s of %.0f  %s, under way %d, lag p99 %.1f ms"
                        .formatted(
                                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began),
                                plan.seconds(),
                                outcomes,
                                driver.open(),
                                results.lagMillis().p99());
                System.err.print(isTerminal ? "\r" + line + "\u001b[K" : line + "\n");
            }
        } catch (InterruptedException e) {
            System.err.print(isTerminal ? "\n" : ""); // the run is over
        }
    }
}
