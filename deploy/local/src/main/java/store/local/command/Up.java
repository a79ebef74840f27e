package store.local.command;

import static store.local.command.Failure.failUnless;
import static store.local.command.Failure.refuseUnless;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import store.local.supervision.Control;
import store.local.supervision.InstanceFolder;
import store.local.supervision.InstanceFolder.Ownership;
import store.local.supervision.PartReport;
import store.local.supervision.Plan;
import store.local.supervision.Plan.Kind;
import store.local.supervision.ShortCommand;
import store.local.topology.Ports;
import store.local.topology.PrepareInstance;
import store.local.topology.PrepareInstance.Settings;
import store.local.topology.Topology;

@Command(
        name = "deploy/local/up",
        description = {
            "Builds the modules that are not built, starts the store, and places an order to show that it works.",
            "Returns while the store runs; deploy/local/down stops it and keeps its data."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:running", "1:failed", "2:usage, or a missing prerequisite", "130:interrupted"})
final class Up implements Callable<Integer> {

    /** Four times the slowest start seen, which was without start-up caches on two busy cores. */
    private static final Duration READY_BOUND = Duration.ofMinutes(2);

    private static final Duration SUPERVISOR_BOUND = Duration.ofSeconds(15);

    /** Three databases, unpacked programs and start-up caches take 650 MB at first; later only logs and data grow. */
    private static final long NEEDED_AT_FIRST_BYTES = 1_000_000_000;

    private static final long NEEDED_LATER_BYTES = 200_000_000;

    /** Four pools of 10 leave a third of a database's connections to other clients. */
    private static final int MOST_INSTANCES = 4;

    private static final int INTERRUPTED = 130;

    @Mixin
    private Instance instance = new Instance();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "The public port. Default: 8080.")
    private int port;

    @Option(
            names = "--as",
            paramLabel = "BUILD",
            defaultValue = "services",
            converter = Build.class,
            description = "services, or monolith: the same store in one process. Default: services.")
    private Topology topology = Topology.SERVICES;

    @Option(names = "--fresh", description = "Delete the instance's data and keys first.")
    private boolean fresh;

    @Option(names = "--stock", paramLabel = "N", description = "Begin with N pieces of each product; needs fresh data.")
    private @Nullable Integer stock;

    @Option(
            names = "--links",
            description = "Route every call between parts, and to every database, through a fault proxy.")
    private boolean links;

    @Option(
            names = "--instances",
            paramLabel = "N",
            defaultValue = "1",
            description = "Run N processes each of order-service and payment-service, 1 to 4. Default: 1.")
    private int instances;

    @Option(
            names = "--data-only",
            description = "Start only the parts that keep data: the databases and the acquirer's ledger.")
    private boolean dataOnly;

    @Option(names = "--no-restart", description = "Do not restart a part that died.")
    private boolean noRestart;

    @Option(
            names = "--restart-delay",
            paramLabel = "TIME",
            defaultValue = "1s",
            converter = Time.class,
            description = "The time from the death of a part to its restart, such as 500ms or 2s. Default: 1s.")
    private Duration restartDelay = Duration.ofSeconds(1);

    @Option(names = "--foreground", description = "Stay in the foreground, and stop the store on Ctrl-C.")
    private boolean foreground;

    @Option(names = "--no-build", description = "Do not build, even if a source is newer than its jar.")
    private boolean noBuild; // the script acts on it

    @Option(
            names = "--json",
            description = "Print what deploy/local/status --json prints, and progress to standard error.")
    private boolean json;

    private final long beganNanos = System.nanoTime();

    /** While this is false, the end of this process stops the store. */
    private volatile boolean mayStay;

    private volatile boolean clearingUp;

    @Override
    public Integer call() throws IOException, InterruptedException {
        refuseUnless(stock == null || stock >= 1, "--stock: at least 1");
        refuseUnless(instances >= 1 && instances <= MOST_INSTANCES, "--instances: 1 to " + MOST_INSTANCES);
        refuseUnless(instances == 1 || topology != Topology.MONOLITH, "--instances: the monolith is one process");
        InstanceFolder folder = instance.folder();
        folder.create();
        Optional<Ownership> owned = folder.own();
        String running = "is running already; deploy/local/status shows it, deploy/local/down stops it";
        failUnless(owned.isPresent(), "'" + folder.name() + "' " + running);
        Ownership ownership = owned.orElseThrow();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> clearUp(folder, ownership)));
        try {
            run(folder, ownership);
            return 0;
        } catch (IOException | RuntimeException e) {
            if (clearingUp) {
                return INTERRUPTED; // the failure is a consequence of the shutdown
            }
            throw e;
        }
    }

    private void run(InstanceFolder folder, Ownership ownership) throws IOException, InterruptedException {
        clearUpAfterAKilledSupervisor(folder);
        int publicPort = freePublicPort();
        requireSpaceOnDisk(folder);
        if (fresh) {
            folder.forget();
        }
        requireDataThatFits(folder);
        PrepareInstance preparation = new PrepareInstance(
                LocalStore.root(),
                Path.of(System.getProperty("java.home"), "bin", "java"),
                dataOnly ? topology.dataOnly() : topology.withInstances(instances),
                this::say);
        Settings settings = new Settings(publicPort, Optional.ofNullable(stock), links, !noRestart, restartDelay);
        Plan plan = preparation.prepare(folder, launcher(), settings);
        ownership.close(); // the supervisor takes over
        Process supervisor = startSupervisor(folder, plan);
        try (Control control = new Control(plan)) {
            awaitAnswer(control, supervisor, folder);
            startAll(control, folder, plan.parts().stream().filter(Up::isNeededByServices));
            if (!PrepareInstance.untrained(plan).isEmpty()) {
                say("making start-up caches, once for each build");
                preparation.train(folder, plan);
            }
            startAll(control, folder, plan.parts().stream().filter(part -> !isNeededByServices(part)));
        }
        mayStay = !foreground;
        if (!dataOnly) {
            placeDemoOrder(plan);
        }
        if (json) {
            System.out.println(Status.json(plan, instance.reports(plan)));
        }
        if (foreground) {
            say("Ctrl-C stops the store");
            supervisor.onExit().join();
            mayStay = true; // another command has stopped it
        }
    }

    private void clearUpAfterAKilledSupervisor(InstanceFolder folder) throws IOException, InterruptedException {
        if (folder.plan().isPresent()) {
            say("clearing up after a supervisor that was killed");
            instance.end(this::say);
        }
    }

    private int freePublicPort() throws IOException {
        int publicPort = dataOnly ? new Ports().take() : port;
        failUnless(Ports.isFree(publicPort), "port " + port + " is taken; choose another with --port");
        return publicPort;
    }

    private static void requireSpaceOnDisk(InstanceFolder folder) throws IOException {
        long needed = Files.exists(folder.data()) ? NEEDED_LATER_BYTES : NEEDED_AT_FIRST_BYTES;
        failUnless(
                Files.getFileStore(folder.path()).getUsableSpace() >= needed,
                "less than " + needed / 1_000_000 + " MB are free on the disk of " + folder.path());
    }

    private void requireDataThatFits(InstanceFolder folder) {
        Topology other = topology == Topology.SERVICES ? Topology.MONOLITH : Topology.SERVICES;
        String choice = "choose another --name, or add --fresh to delete it";
        refuseUnless(
                !Files.exists(folder.data().resolve(other.databases().getFirst().name())),
                "the data of '" + folder.name() + "' is the other build's; " + choice);
        refuseUnless(
                stock == null || !Files.exists(folder.data()),
                "--stock needs fresh data; add --fresh to delete the old data");
    }

    private static Process startSupervisor(InstanceFolder folder, Plan plan) throws IOException {
        List<String> command = new ArrayList<>(detached());
        command.addAll(plan.supervisor());
        File log = folder.log(InstanceFolder.SUPERVISOR).toFile();
        return ShortCommand.builder(command, Map.of())
                .redirectOutput(Redirect.appendTo(log))
                .start();
    }

    /** The start of a command that gets a session of its own, so that no signal of the terminal reaches it. */
    private static List<String> detached() {
        if (isOnPath("setsid")) {
            return List.of("setsid");
        }
        // macOS has no setsid.
        refuseUnless(isOnPath("perl"), "needs setsid (of util-linux) or perl on the PATH");
        return List.of("perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV or die $!");
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin");
        return Stream.of(path.split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static void awaitAnswer(Control control, Process supervisor, InstanceFolder folder)
            throws InterruptedException {
        String failed = "the supervisor does not start; see " + folder.log(InstanceFolder.SUPERVISOR);
        long deadline = System.nanoTime() + SUPERVISOR_BOUND.toNanos();
        while (true) {
            try {
                control.parts();
                return;
            } catch (IOException notYet) {
                failUnless(supervisor.isAlive() && System.nanoTime() <= deadline, failed);
                Thread.sleep(50);
            }
        }
    }

    private static boolean isNeededByServices(Plan.Part part) {
        return part.kind() == Kind.DATABASE || part.name().equals(Topology.LINKS);
    }

    /** Starts parts at the same time, and waits until all of them are ready. */
    private void startAll(Control control, InstanceFolder folder, Stream<Plan.Part> parts)
            throws IOException, InterruptedException {
        Set<String> awaited = parts.map(Plan.Part::name).collect(Collectors.toCollection(HashSet::new));
        for (String part : awaited) {
            control.ask(part, "start");
        }
        long deadline = System.nanoTime() + READY_BOUND.toNanos();
        Set<String> started = new HashSet<>();
        while (!awaited.isEmpty()) {
            Thread.sleep(50);
            for (PartReport part : control.parts()) {
                String name = part.name();
                if (part.state().equals("up") && awaited.remove(name)) {
                    say(name + " is up");
                }
                if (part.pid() != null) {
                    started.add(name);
                }
                boolean died = part.pid() == null && started.contains(name);
                boolean hopeless = died && (noRestart || part.restarts() > 1) || System.nanoTime() > deadline;
                failUnless(
                        !awaited.contains(name) || !hopeless,
                        name + " does not start: " + part.note() + "; see " + folder.log(name));
            }
        }
    }

    private void placeDemoOrder(Plan plan) throws IOException, InterruptedException {
        DemoOrder demo = new DemoOrder(plan.gateway(), progress());
        demo.place();
        if (!json) {
            demo.sayWhatNext(plan.name(), topology == Topology.MONOLITH ? "monolith" : "order-service");
        }
    }

    private static Path launcher() {
        try {
            return Path.of(
                    Up.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private void clearUp(InstanceFolder folder, Ownership ownership) {
        if (mayStay) {
            return;
        }
        clearingUp = true;
        try {
            ownership.close();
            instance.end(this::say);
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly); // those that prepare
            Optional<Ownership> left = folder.own();
            if (left.isPresent()) {
                left.get().close();
            }
        } catch (IOException e) {
            say("cannot clear up: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private PrintStream progress() {
        return json ? System.err : System.out;
    }

    private void say(String line) {
        progress().printf(Locale.ROOT, "%6.1f s  %s%n", (System.nanoTime() - beganNanos) / 1e9, line);
    }

    /** Reads {@code 500ms}, {@code 1s}, {@code 2m}. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return text.endsWith("ms")
                        ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                        : Duration.parse("PT" + text);
            } catch (DateTimeParseException | NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a time such as 500ms or 2s");
            }
        }
    }

    /** The two builds, by their names. */
    static final class Build implements ITypeConverter<Topology> {
        @Override
        public Topology convert(String text) {
            return Stream.of(Topology.SERVICES, Topology.MONOLITH)
                    .filter(topology -> topology.build().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + text + "' is neither services nor monolith"));
        }
    }
}
