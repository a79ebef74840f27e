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
import org.jspecify.annotations.Nullable;
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

/** The instance that a command is about, as seen on disk and in the process table. */
final class Instance {

    /** A name is a part of file names and command lines; only the shared folder begins with a dot. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,30}");

    /** The supervisor stops one part after another, and each may take its whole patience. */
    private static final Duration LONGEST_END = Termination.PATIENCE.multipliedBy(20);

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "store",
            description = "The instance; several can run side by side. Default: ${DEFAULT-VALUE}.")
    private String name = "store";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
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

    /** The plan, if the instance runs, or if its supervisor was killed. */
    Optional<Plan> plan() throws IOException {
        return folder().plan();
    }

    Plan planOfRunning() throws IOException {
        return plan().filter(plan -> supervised())
                .orElseThrow(
                        () -> new Failure(Failure.FAILED, "'" + name + "' is not running; deploy/local/up starts it"));
    }

    /** Whether the instance's supervisor is alive. */
    boolean supervised() {
        try {
            return folder().supervisor().isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The parts' states in the plan's order: from the supervisor, or without one from the process table. */
    List<PartReport> reports(Plan plan) throws IOException {
        if (supervised()) {
            try (Control control = new Control(plan)) {
                return control.parts();
            }
        }
        Map<String, ProcessIdentity> running = folder().running();
        return plan.parts().stream()
                .map(part -> unsupervised(part.name(), running.get(part.name())))
                .toList();
    }

    private static PartReport unsupervised(String part, @Nullable ProcessIdentity process) {
        return process == null || !process.alive()
                ? new PartReport(part, "down", null, 0, null, "", "", null)
                : new PartReport(
                        part, process.paused() ? "paused" : "up", process.pid(), 0, null, "no supervisor", "", null);
    }

    /** Stops every process of the instance, also without its supervisor, and deletes its plan. */
    void end(Consumer<String> progress) throws IOException, InterruptedException {
        InstanceFolder folder = folder();
        Optional<ProcessHandle> supervisor = folder.supervisor();
        if (supervisor.isPresent()) {
            Termination.signal("CONT", List.of(supervisor.get()));
            supervisor.get().destroy();
            if (!watchEnd(supervisor.get(), folder.running(), progress)) {
                progress.accept("the supervisor did not end in time; killing it");
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
