package store.local.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import store.local.supervision.Control;
import store.local.supervision.InstanceFolder;
import store.local.supervision.PartReport;
import store.local.supervision.Plan;
import store.local.supervision.ProcessIdentity;
import store.local.supervision.Termination;
import store.local.topology.PrepareInstance;

/** The instance that a command is about, as the disk and the process table show it. */
final class Instance {

    /** Part of file names and command lines; a leading dot is for what instances share. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,30}");

    /** All parts of an instance may need their patience, one after another. */
    private static final Duration LONGEST_END = Termination.PATIENCE.multipliedBy(20);

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "store",
            description = "Which instance; several run side by side. Default: ${DEFAULT-VALUE}.")
    private String name = "store";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this.")
    private boolean help;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    InstanceFolder folder() {
        if (!NAME.matcher(name).matches()) {
            throw new ParameterException(
                    command.commandLine(), "--name: lower-case letters, digits and hyphens, 31 at most: " + name);
        }
        return new InstanceFolder(PrepareInstance.instances(LocalStore.root()).resolve(name));
    }

    /** The plan of the instance, if it runs or was left behind. */
    Optional<Plan> plan() throws IOException {
        return folder().plan();
    }

    Plan planOfRunning() throws IOException {
        return plan().filter(plan -> supervised())
                .orElseThrow(
                        () -> new Failure(Failure.FAILED, "'" + name + "' is not running; deploy/local/up starts it"));
    }

    /** Whether the instance's supervisor lives. */
    boolean supervised() {
        try {
            return folder().supervisor().isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How the parts are, in the plan's order: told by the supervisor, or without one seen in the process table. */
    List<PartReport> reports(Plan plan) throws IOException {
        if (supervised()) {
            try (Control control = new Control(plan)) {
                return control.parts();
            }
        }
        Map<String, ProcessIdentity> running = folder().running();
        return plan.parts().stream()
                .map(part -> {
                    ProcessIdentity process = running.get(part.name());
                    return process == null || !process.alive()
                            ? new PartReport(part.name(), "down", null, 0, null, "", "", null)
                            : new PartReport(
                                    part.name(),
                                    process.paused() ? "paused" : "up",
                                    process.pid(),
                                    0,
                                    null,
                                    "no supervisor",
                                    "",
                                    null);
                })
                .toList();
    }

    /** Ends every process of the instance, with or without its supervisor's help, and forgets that it ran. */
    void end(Consumer<String> progress) throws IOException, InterruptedException {
        InstanceFolder folder = folder();
        Optional<ProcessHandle> supervisor = folder.supervisor();
        if (supervisor.isPresent()) {
            Termination.signal("CONT", List.of(supervisor.get()));
            supervisor.get().destroy();
            if (!watchEnd(supervisor.get(), folder.running(), progress)) {
                progress.accept("the supervisor did not end and is killed");
                supervisor.get().destroyForcibly();
                supervisor.get().onExit().join();
            }
        }
        Map<String, ProcessIdentity> leftBehind = folder.running();
        for (Plan.Part part : folder.plan().map(plan -> plan.parts().reversed()).orElse(List.of())) {
            ProcessIdentity process = leftBehind.get(part.name());
            if (process != null && process.alive()) {
                process.process().ifPresent(left -> Termination.end(left, part.kind(), Termination.PATIENCE));
                progress.accept(part.name() + " stopped; it had no supervisor");
            }
        }
        folder.clear();
    }

    private static boolean watchEnd(
            ProcessHandle supervisor, Map<String, ProcessIdentity> running, Consumer<String> progress)
            throws InterruptedException {
        Map<String, ProcessIdentity> left = new LinkedHashMap<>(running);
        left.remove(InstanceFolder.SUPERVISOR);
        long deadline = System.nanoTime() + LONGEST_END.toNanos();
        while (supervisor.isAlive() && System.nanoTime() < deadline) {
            Thread.sleep(50);
            left.entrySet().removeIf(part -> {
                boolean ended = !part.getValue().alive();
                if (ended) {
                    progress.accept(part.getKey() + " stopped");
                }
                return ended;
            });
        }
        return !supervisor.isAlive();
    }
}
