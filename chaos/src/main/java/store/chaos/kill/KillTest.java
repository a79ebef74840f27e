package store.chaos.kill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import store.chaos.audit.Auditor;
import store.chaos.audit.Bounds;
import store.chaos.audit.Verdict;
import store.chaos.fault.Links;
import store.chaos.fault.Parts;
import store.chaos.journal.Journal;
import store.chaos.kill.Breaking.Broken;
import store.chaos.load.Crowd;
import store.chaos.running.RunningStore;
import store.chaos.running.RunningStore.Part;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** Starts a store, breaks it under load, and judges it, as a command. */
@Command(
        name = "chaos/kill-test",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Kills every part of a store while orders arrive, then pauses each, then breaks some links. Then ends"
                    + " all faults, waits until every order is final, and audits the store.",
            "The command starts its own store and leaves only the evidence behind. The same seed breaks the same"
                    + " things in the same order."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every promise held",
            "1:one is broken, or the test failed",
            "2:usage, or a missing prerequisite",
            "3:none is broken, but the test did not show all of them: a fault did not fire, for example",
            "130:interrupted"
        })
final class KillTest implements Callable<Integer> {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    /** An order asks for three pieces on average, of 50 products. More orders come than {@link #orders}, so some products sell out. */
    private static final int ORDERS_PER_PIECE = 6;

    /** The first round of faults must end within this time; two rounds take about as long. */
    private static final Duration ROUND_BOUND = Duration.ofMinutes(10);

    /** No customer browses here, so no call would meet a fault on this link. */
    private static final String CATALOGUE = "gateway:inventory-service";

    /** Customers look from time to time, so they may see an end in time this much later. */
    private static final Duration LAST_LOOK = Duration.ofSeconds(30);

    @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--name", description = "Test a store that is up, instead of starting one.")
    private @Nullable String name;

    @Option(
            names = "--as",
            paramLabel = "BUILD",
            defaultValue = "services",
            description = "services or monolith. Default: ${DEFAULT-VALUE}")
    private String build = "services";

    @Option(names = "--instances", paramLabel = "N", description = "How many of order-service and of payment-service.")
    private @Nullable Integer instances;

    @Option(names = "--no-links", description = "Start the store without links: none is broken, and I9 is not judged.")
    private boolean noLinks;

    @Option(names = "--keep", description = "Leave the store running.")
    private boolean keep;

    @Option(
            names = "--orders",
            defaultValue = "2000",
            paramLabel = "N",
            description =
                    "The least number of orders. They arrive until everything was broken once; the rounds of faults"
                            + " go on until there are this many. Default: ${DEFAULT-VALUE}")
    private int orders;

    @Option(
            names = "--rate",
            defaultValue = "20..40",
            paramLabel = "FROM..TO",
            description = "The bounds of the arrivals a second, which go up and down. Default: ${DEFAULT-VALUE}")
    private String rate = "20..40";

    @Option(names = "--only", split = ",", paramLabel = "TARGET", description = "Break only these parts and links.")
    private List<String> only = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where kill-test.json, journal.jsonl and, unless all held, the logs go. Default:"
                    + " chaos/out/kill-test-TIME")
    private @Nullable Path out;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    public static void main(String[] arguments) {
        var line = new CommandLine(new KillTest());
        line.setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("chaos/kill-test: " + failure.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, SQLException, InterruptedException {
        if (orders < 1) {
            throw new ParameterException(spec.commandLine(), "--orders: at least 1");
        }
        var startedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        var directory = out != null
                ? out
                : Path.of("chaos/out/kill-test-" + startedAt.toString().replaceAll("[-:]", ""));
        Files.createDirectories(directory);
        if (name != null) {
            return report(test(RunningStore.find(name).requireUp(), startedAt, directory), directory);
        }
        var own = new OwnStore("kill-" + ProcessHandle.current().pid());
        var forget = new Thread(() -> forget(own));
        Runtime.getRuntime().addShutdownHook(forget);
        own.up(upOptions());
        var held = false;
        Report report;
        try {
            report = test(RunningStore.find(own.name()), startedAt, directory);
            held = report.exitCode() == 0;
        } finally {
            if (!held) {
                own.copyLogs(directory.resolve("logs"));
            }
        }
        if (keep) {
            Runtime.getRuntime().removeShutdownHook(forget);
            System.err.println("the store keeps running; deploy/local/down --name " + own.name() + " stops it");
        }
        return report(report, directory);
    }

    private List<String> upOptions() {
        var options = new ArrayList<>(List.of("--as", build));
        options.addAll(List.of("--stock", Integer.toString(Math.max(1, orders / ORDERS_PER_PIECE))));
        if (instances != null) {
            options.addAll(List.of("--instances", instances.toString()));
        }
        if (!noLinks) {
            options.add("--links");
        }
        return options;
    }

    /** Runs however this process ends. */
    private static void forget(OwnStore store) {
        try {
            store.forget();
        } catch (IOException e) {
            System.err.println("chaos/kill-test: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int report(Report report, Path directory) throws IOException {
        var document = JSON.writeValueAsString(report);
        Files.writeString(directory.resolve("kill-test.json"), document + '\n');
        System.out.println(json ? document : report.text());
        return report.exitCode();
    }

    private Report test(RunningStore store, Instant startedAt, Path directory)
            throws IOException, SQLException, InterruptedException {
        var parts = new Parts(store.name());
        var links = parts.url("links").map(Links::new);
        var length = Duration.ofMinutes((long) (orders / bounds()[0] / 60)).plus(ROUND_BOUND);
        var arriving = Schedule.rate(new Random(seed), bounds()[0], bounds()[1], length);
        var journal = directory.resolve("journal.jsonl");
        try (var written = Journal.create(journal);
                var crowd = new Crowd(store.gateway(), written, seed, arriving, length, length.plus(ROUND_BOUND));
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var began = Instant.now();
            var restartsBefore = restarts(store, parts);
            var coming = executor.submit(() -> {
                crowd.come();
                return null;
            });
            List<Broken> schedule;
            try {
                schedule = breakEverything(store, new Breaking(parts, links, began), links, crowd, coming);
            } catch (IOException | InterruptedException | RuntimeException e) {
                coming.cancel(true);
                throw e;
            }
            var faultsEnded = Instant.now();
            crowd.enough();
            var auditor = store.asAuditor();
            var atFaultsEnd = OrderBook.of(auditor);
            var bounds = new Bounds(faultsEnded, Bounds.STANDARD.within(), Bounds.STANDARD.recoveryPerSecond());
            var boundSeconds = bounds.within().toSeconds() + atFaultsEnd.open() / (double) bounds.recoveryPerSecond();
            say("all faults have ended, %d orders are open".formatted(atFaultsEnd.open()));
            var deadline = System.nanoTime() + (long) (boundSeconds * 1e9);
            awaitEnds(coming, deadline + LAST_LOOK.toNanos());
            var verdict = audit(auditor, journal, bounds, deadline);
            var atEnd = OrderBook.of(auditor);
            var acknowledged = Acknowledgements.in(journal);
            var shortcomings = Shortcomings.of(
                    links.isPresent(),
                    schedule,
                    diedByThemselves(restartsBefore, restarts(store, parts), schedule),
                    acknowledged,
                    crowd.ends(),
                    crowd.doubts(),
                    atEnd,
                    verdict);
            return new Report(
                    shortcomings.verdict(),
                    shortcomings.broken(),
                    shortcomings.notShown(),
                    shortcomings.notes(),
                    startedAt,
                    store.name(),
                    store.build(),
                    seed,
                    journal,
                    Duration.between(began, faultsEnded).toMillis() / 1e3,
                    schedule,
                    acknowledged.keys(),
                    acknowledged,
                    crowd.firstAnswers(),
                    crowd.ends(),
                    atEnd.everNeededAttention(),
                    atFaultsEnd.open(),
                    boundSeconds,
                    atEnd.lastEndSecondsAfter(faultsEnded),
                    verdict);
        }
    }

    /** Carries out one fault at a time, until each was carried out once and enough orders have arrived. */
    private List<Broken> breakEverything(
            RunningStore store, Breaking breaking, Optional<Links> links, Crowd crowd, Future<?> coming)
            throws IOException, InterruptedException {
        var breakable = store.parts().stream()
                .map(Part::name)
                .filter(part -> !part.equals("links"))
                .filter(this::isChosen)
                .toList();
        var linked = links.isEmpty()
                ? List.<String>of()
                : links.get().names().stream()
                        .filter(link -> !link.equals(CATALOGUE) && isChosen(link))
                        .toList();
        if (breakable.isEmpty() && linked.isEmpty()) {
            throw new IOException("there is no part or link named " + String.join(", ", only));
        }
        var schedule = new Schedule(seed, breakable, linked);
        var done = new ArrayList<Broken>();
        Thread.sleep(Schedule.WARM_UP);
        var warm = crowd.answered();
        for (var isFirst = true; isFirst || crowd.answered() - warm < orders; isFirst = false) {
            for (var fault : schedule.round()) {
                if (coming.isDone()) {
                    awaitEnds(coming, System.nanoTime()); // throws if the customers failed
                    throw new IOException("the customers ended before enough was broken");
                }
                if (!isFirst && crowd.answered() - warm >= orders) {
                    return done;
                }
                var broken = breaking.carryOut(fault);
                done.add(broken);
                say("%6.1f s  %s %s%s; %d answered, %d under way"
                        .formatted(
                                broken.atSeconds(),
                                broken.kind(),
                                broken.target(),
                                broken.fired() ? "" : " DID NOT FIRE",
                                crowd.answered(),
                                crowd.underWay()));
            }
        }
        return done;
    }

    private static Map<String, Integer> restarts(RunningStore store, Parts parts)
            throws IOException, InterruptedException {
        var restarts = new TreeMap<String, Integer>();
        for (var part : store.parts()) {
            restarts.put(part.name(), parts.restarts(part.name()));
        }
        return restarts;
    }

    private static List<String> diedByThemselves(
            Map<String, Integer> before, Map<String, Integer> after, List<Broken> schedule) {
        return after.keySet().stream()
                .filter(part -> after.getOrDefault(part, 0) - before.getOrDefault(part, 0)
                        > schedule.stream()
                                .filter(fault -> fault.kind().equals("kill")
                                        && fault.target().equals(part))
                                .count())
                .toList();
    }

    private boolean isChosen(String target) {
        return only.isEmpty() || only.contains(target);
    }

    private static void awaitEnds(Future<?> coming, long deadline) throws InterruptedException {
        try {
            coming.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException tooLong) {
            coming.cancel(true); // a customer who has not ended by now is missing among the ends
        } catch (ExecutionException e) {
            throw new IllegalStateException("the customers ended unexpectedly", e.getCause());
        }
    }

    /** Audits until no order is in flight, or until the deadline. */
    private static Verdict audit(RunningStore store, Path journal, Bounds bounds, long deadline)
            throws IOException, SQLException, InterruptedException {
        while (true) {
            var isLast = System.nanoTime() > deadline;
            var verdict = Auditor.audit(store, journal, bounds);
            if (isLast || verdict.invariants().values().stream().allMatch(finding -> finding.inFlight() == 0)) {
                return verdict;
            }
            Thread.sleep(1000);
        }
    }

    /** The bounds of the arrivals a second. */
    private double[] bounds() {
        var parts = rate.split("\\.\\.", -1);
        try {
            var from = Double.parseDouble(parts[0]);
            var to = parts.length == 1 ? from : Double.parseDouble(parts[1]);
            if (parts.length <= 2 && from > 0 && from <= to && to <= 1000) {
                return new double[] {from, to};
            }
        } catch (NumberFormatException notOne) {
            // refused below
        }
        throw new ParameterException(spec.commandLine(), "--rate: two numbers such as 20..40, not " + rate);
    }

    private static void say(String progress) {
        System.err.println(progress);
    }
}
