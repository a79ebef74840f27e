package store.chaos.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import store.chaos.running.DataAtRest;
import store.chaos.running.RunningStore;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@link Auditor} as a command. */
@Command(
        name = "chaos/audit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Judges the invariants I1 to I10 of a store, and names the orders that violate them. If the store is"
                        + " stopped, the command starts its data alone and stops it again.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every invariant held",
            "1:one is broken",
            "2:usage, or something that the audit reads is missing",
            "3:none is broken, but not all were judged"
        })
final class Audit implements Callable<Integer> {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();
    private static final int SHOWN = 20;

    @Option(names = "--name", defaultValue = "store", description = "The instance. Default: ${DEFAULT-VALUE}")
    private String name = "store";

    @Option(names = "--journal", paramLabel = "FILE", description = "The clients' journal, for I5, I6 and I10.")
    private @Nullable Path journal;

    @Option(
            names = "--arrivals",
            paramLabel = "FILE",
            description =
                    "The links' counts, for I9: JSON [{\"link\",\"second\",\"requests\"}]. Default: asks the links of a"
                            + " running store.")
    private @Nullable Path arrivals;

    @Option(
            names = "--fault-ended",
            paramLabel = "INSTANT",
            description = "When the last fault ended, ISO 8601. Default: an order's time starts at its creation.")
    private @Nullable Instant faultEnded;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "The time from there to an order's end, if there is no backlog. Default: ${DEFAULT-VALUE}")
    private int within;

    @Option(
            names = "--recovery-cap",
            paramLabel = "N",
            defaultValue = "50",
            description = "How many orders recovery may take on in a second. Default: ${DEFAULT-VALUE}")
    private int recoveryCap;

    @Option(names = "--json", description = "Print the verdict as JSON; progress goes to standard error.")
    private boolean json;

    public static void main(String[] arguments) {
        var line = new CommandLine(new Audit());
        line.setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("chaos/audit: " + failure.getMessage());
            return 2; // 1 means a broken invariant
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, SQLException, InterruptedException {
        var bounds = new Bounds(faultEnded, Duration.ofSeconds(within), recoveryCap);
        var running = RunningStore.ifRunning(name);
        Verdict verdict;
        if (running.isPresent()) {
            verdict = audit(running.get(), bounds);
        } else {
            try (var data = DataAtRest.up(name)) {
                verdict = audit(data.store(), bounds);
            }
        }
        if (json) {
            System.out.println(JSON.writeValueAsString(verdict));
        } else {
            print(verdict);
        }
        return Verdict.exitCode(verdict.verdict());
    }

    private Verdict audit(RunningStore store, Bounds bounds) throws IOException, SQLException, InterruptedException {
        System.err.println("reading the orders, the reservations, the payments and the statement");
        return Auditor.audit(store.asAuditor(), journal, arrivals, bounds);
    }

    private static void print(Verdict verdict) {
        Judgement.INVARIANTS.forEach(invariant -> {
            var finding = Objects.requireNonNull(verdict.invariants().get(invariant.name()));
            System.out.printf("%-4s %-10s %s%n", invariant.name(), finding.label(), invariant.sentence());
            System.out.printf(
                    "     %s%n",
                    finding.held() == null
                            ? finding.notJudged()
                            : "%d checked, %d in flight%s"
                                    .formatted(
                                            finding.checked(),
                                            finding.inFlight(),
                                            finding.notJudged() == null ? "" : "; " + finding.notJudged()));
            finding.violations().stream()
                    .limit(SHOWN)
                    .forEach(violation -> System.out.printf(
                            "     %s%s%n",
                            violation.orderId() == null ? "" : "order " + violation.orderId() + ": ", violation.why()));
            if (finding.violated() > SHOWN) {
                System.out.printf("     and %d more%n", finding.violated() - SHOWN);
            }
        });
        System.out.print(verdict.historiesText());
        System.out.printf(
                "%n%s: %d orders at %s; %s; %d chargebacks%n",
                verdict.verdict(),
                verdict.orders(),
                verdict.at(),
                verdict.branches().entrySet().stream()
                        .map(way -> way.getKey() + " " + way.getValue())
                        .collect(Collectors.joining(", ")),
                verdict.chargebacks());
    }
}
