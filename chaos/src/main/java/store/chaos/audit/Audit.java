package store.chaos.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
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
                "Decides the invariants I1 to I10 of a store, running or at rest, and names the orders that violate"
                        + " them. The data of one at rest is started alone for it, and stopped again.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every invariant held",
            "1:one is broken",
            "2:usage, or something that the audit reads is not there",
            "3:none is broken, but not all were judged"
        })
final class Audit implements Callable<Integer> {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();
    private static final int SHOWN = 20;

    private static final Map<String, String> SAYS = Map.of(
            "I1", "per product, initial = available + held + sold",
            "I2", "per order, what moved adds up to nothing or to the order's total",
            "I3", "captured means confirmed, or undone in time",
            "I4", "confirmed means captured and sold; any other end leaves nothing",
            "I5", "an acknowledged order exists and never regresses",
            "I6", "one key, one order, the same final bytes",
            "I7", "every order ends in time",
            "I8", "the audit and the events replay to the current state",
            "I9", "no receiver gets more than 1.1 times what was asked, and recovery's share",
            "I10", "no capture for a key whose every attempt was refused");

    @Option(names = "--name", defaultValue = "store", description = "The instance. Default: ${DEFAULT-VALUE}")
    private String name = "store";

    @Option(names = "--journal", paramLabel = "FILE", description = "What the clients saw, for I5, I6 and I10.")
    private @Nullable Path journal;

    @Option(
            names = "--arrivals",
            paramLabel = "FILE",
            description =
                    "What the links counted, for I9: JSON [{\"link\",\"second\",\"requests\"}]. Default: a running"
                            + " store's links are asked.")
    private @Nullable Path arrivals;

    @Option(
            names = "--fault-ended",
            paramLabel = "INSTANT",
            description = "When the last fault ended, ISO 8601. Default: an order's time runs from its creation.")
    private @Nullable Instant faultEnded;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "From there to an order's end, if there is no backlog. Default: ${DEFAULT-VALUE}")
    private int within;

    @Option(
            names = "--recovery-cap",
            paramLabel = "N",
            defaultValue = "50",
            description = "What recovery may take on in a second. Default: ${DEFAULT-VALUE}")
    private int recoveryCap;

    @Option(names = "--json", description = "Print the verdict as JSON; progress goes to standard error.")
    private boolean json;

    public static void main(String[] arguments) {
        var line = new CommandLine(new Audit());
        line.setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("chaos/audit: " + failure.getMessage());
            return 2; // 1 is kept for a store that broke its word
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
        return switch (verdict.verdict()) {
            case "held" -> 0;
            case "broken" -> 1;
            default -> 3;
        };
    }

    private Verdict audit(RunningStore store, Bounds bounds) throws IOException, SQLException, InterruptedException {
        System.err.println("reading the orders, the reservations, the payments and the statement");
        return Auditor.audit(store.asAuditor(), journal, arrivals, bounds);
    }

    private static void print(Verdict verdict) {
        verdict.invariants().forEach((invariant, finding) -> {
            var held = finding.held();
            System.out.printf(
                    "%-4s %-10s %s%n",
                    invariant, held == null ? "not judged" : held ? "held" : "BROKEN", SAYS.get(invariant));
            System.out.printf(
                    "     %s%n",
                    held == null
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
        verdict.histories().forEach((order, events) -> {
            System.out.printf("%norder %s%n", order);
            events.forEach(event -> System.out.printf("  %-27s %-13s %s%n", event.at(), event.source(), event.what()));
        });
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
