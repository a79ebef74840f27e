package store.local.command;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import store.local.supervision.InstanceFolder;
import store.local.supervision.PartReport;
import store.local.supervision.Plan;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "deploy/local/status",
        description = "Shows the parts of a running store, their state and where they listen.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the store runs", "1:it does not run", "2:usage", "130:interrupted"})
final class Status implements Callable<Integer> {

    private static final String ROW = "%-18s %-9s %-9s %8s %9s %9s  %s%n";

    @Mixin
    private Instance instance = new Instance();

    @Option(names = "--json", description = "Print JSON, with the databases' passwords.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Optional<Plan> left = instance.plan();
        Plan plan = left.isPresent() ? left.get() : instance.planOfRunning();
        List<PartReport> reports = instance.reports(plan);
        if (json) {
            System.out.println(json(plan, reports));
        } else {
            print(plan, reports);
        }
        if (!instance.supervised()) {
            System.err.println("the supervisor has gone, so no part is restarted; deploy/local/up or down clears up");
            return Failure.FAILED;
        }
        return 0;
    }

    private static void print(Plan plan, List<PartReport> reports) {
        System.out.printf("%s (%s) at %s%n%n", plan.name(), plan.build(), plan.gateway());
        System.out.printf(ROW, "PART", "KIND", "STATE", "PID", "RESTARTS", "UPTIME", "URL");
        for (Plan.Part part : plan.parts()) {
            PartReport report = PartReport.of(part.name(), reports);
            System.out.printf(
                    ROW,
                    part.name(),
                    part.kind().label(),
                    report.state(),
                    Objects.requireNonNullElse(report.pid(), "-"),
                    report.restarts(),
                    age(report.startedAt()),
                    part.url() != null ? part.url() : part.jdbcUrl());
            if (report.pid() == null && !report.note().isEmpty()) {
                System.out.println("    " + report.note());
            }
        }
    }

    /**
     * The document by which other tools find the store. A part that is down has no pid, a database no url, a service no
     * jdbcUrl: the field is null.
     */
    static String json(Plan plan, List<PartReport> reports) {
        ObjectNode document = InstanceFolder.JSON.createObjectNode();
        document.put("name", plan.name()).put("build", plan.build()).put("gateway", plan.gateway());
        ArrayNode parts = document.putArray("parts");
        for (Plan.Part part : plan.parts()) {
            PartReport report = PartReport.of(part.name(), reports);
            parts.addObject()
                    .put("name", part.name())
                    .put("kind", part.kind().label())
                    .put("pid", report.pid())
                    .put("state", report.state())
                    .put("url", part.url())
                    .put("managementUrl", part.managementUrl())
                    .put("jdbcUrl", part.jdbcUrl())
                    .put("user", part.user())
                    .put("password", part.password());
        }
        return InstanceFolder.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document);
    }

    /** The time since then as hours, minutes and seconds. */
    static String age(@Nullable Instant since) {
        if (since == null) {
            return "-";
        }
        Duration age = Duration.between(since, Instant.now());
        return String.format(Locale.ROOT, "%d:%02d:%02d", age.toHours(), age.toMinutesPart(), age.toSecondsPart());
    }
}
