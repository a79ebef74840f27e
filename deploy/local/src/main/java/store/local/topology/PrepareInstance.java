package store.local.topology;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.function.IOFunction;
import store.local.postgres.PostgresBinaries;
import store.local.postgres.PostgresCluster;
import store.local.supervision.InstanceFolder;
import store.local.supervision.Plan;
import store.local.topology.Topology.Service;

/** Makes everything that an instance needs before its first process starts: keys, programs, databases, and the plan. */
public final class PrepareInstance {

    /** Each worker keeps a core busy. */
    private static final int WORKERS = 2;

    private static final String LINKS_JAR = "chaos/target/chaos.jar";
    private static final String LINKS_PROGRAM = "store.chaos.links.FaultProxy";
    private static final int LINKS_HEAP_MEGABYTES = 48;

    private final Path root;
    private final Path shared;
    private final Topology topology;
    private final Applications applications;
    private final Consumer<String> progress;

    /**
     * @param root the repository's root
     * @param java the launcher of the JDK that runs everything
     * @param progress receives a line before each step that takes time
     */
    public PrepareInstance(Path root, Path java, Topology topology, Consumer<String> progress) {
        this.root = root;
        this.shared = instances(root).resolve(".shared");
        this.topology = topology;
        this.applications = new Applications(shared.resolve("applications"), java);
        this.progress = progress;
    }

    /** The folder with the folders of all instances. */
    public static Path instances(Path root) {
        return root.resolve("deploy/local/.state");
    }

    /** The file with the token of an instance's operator. */
    public static Path operatorToken(InstanceFolder folder) {
        return folder.secrets().resolve(Secrets.OPERATOR_TOKEN);
    }

    /**
     * @param port the public port
     * @param stock pieces of every product to begin with, or empty for the usual number
     * @param links whether each call between parts, and to each database, goes through a fault proxy of its own
     */
    public record Settings(int port, Optional<Integer> stock, boolean links, boolean restart, Duration restartDelay) {}

    /**
     * Prepares an instance that is not running.
     *
     * @param launcher this module's jar; the supervisor runs from a copy
     * @throws IOException with a message for the user
     */
    public Plan prepare(InstanceFolder folder, Path launcher, Settings settings) throws IOException {
        Files.createDirectories(shared.resolve("applications"));
        Files.createDirectories(folder.data());
        Secrets secrets = Secrets.in(folder.secrets());
        try (FileChannel _ = lockShared()) {
            if (!Files.exists(shared.resolve("postgres"))) {
                progress.accept("unpacking PostgreSQL");
            }
            PostgresBinaries binaries = PostgresBinaries.unpack(shared.resolve("postgres"));
            progress.accept("preparing databases and applications");
            Ports free = new Ports();
            Composition composition = new Composition(
                    topology, folder, secrets, settings.port(), free, settings.stock(), settings.links());
            String auditorPassword = secrets.password(PostgresCluster.AUDITOR);
            List<Plan.Part> parts = new ArrayList<>(inParallel(topology.databases(), database -> {
                PostgresCluster cluster =
                        new PostgresCluster(binaries, folder.data().resolve(database.name()));
                cluster.create(database.schema(), secrets.password(database.name()), auditorPassword);
                cluster.forgetForeignPid();
                return composition.part(database, cluster);
            }));
            if (settings.links()) {
                parts.add(composition.linksPart(applications.classCommand(
                        built(LINKS_JAR), Applications.jvmFlags(LINKS_HEAP_MEGABYTES), LINKS_PROGRAM)));
            }
            Collection<List<Service>> byJar = topology.services().stream()
                    .collect(Collectors.groupingBy(Service::jar, LinkedHashMap::new, Collectors.toList()))
                    .values();
            inParallel(byJar, instances -> parts(instances, composition)).forEach(parts::addAll);
            Plan plan = new Plan(
                    folder.name(),
                    topology.build(),
                    composition.address(topology.services().getLast().name()),
                    free.take(),
                    HexFormat.of().formatHex(Secrets.random(16)),
                    settings.restart(),
                    settings.restartDelay(),
                    applications.supervisorCommand(launcher, folder.path()),
                    parts);
            folder.write(plan);
            applications.dropAllBut(plans());
            return plan;
        }
    }

    /** @param instances of one service, which run the same jar */
    private List<Plan.Part> parts(List<Service> instances, Composition composition) throws IOException {
        Service service = instances.getFirst();
        List<String> flags = Applications.jvmFlags(service.heapMegabytes());
        List<String> command = service.isSpring()
                ? applications.springCommand(built(service.jar()), flags)
                : applications.plainCommand(built(service.jar()), flags);
        List<Plan.Part> parts = new ArrayList<>();
        for (Service instance : instances) {
            parts.add(composition.part(instance, command));
        }
        return parts;
    }

    /** The parts that would start faster after {@link #train}; of instances that share a cache, the first. */
    public static List<Plan.Part> untrained(Plan plan) {
        Set<List<String>> commands = new HashSet<>();
        return plan.parts().stream()
                .filter(part -> Applications.untrained(part) && commands.add(part.command()))
                .toList();
    }

    /**
     * Makes the missing start-up caches; the databases must be up. A part whose cache cannot be made starts without
     * one.
     */
    public void train(InstanceFolder folder, Plan plan) throws IOException {
        try (FileChannel _ = lockShared()) {
            inParallel(untrained(plan), part -> {
                try {
                    Applications.train(part, folder.log(part.name() + "-training"));
                } catch (IOException e) {
                    progress.accept(part.name() + " starts without a cache: " + e.getMessage());
                }
                return part;
            });
        }
    }

    private Path built(String name) throws IOException {
        Path jar = root.resolve(name);
        if (!Files.exists(jar)) {
            throw new IOException(jar + " has not been built");
        }
        return jar;
    }

    private List<Plan> plans() throws IOException {
        List<Plan> plans = new ArrayList<>();
        try (Stream<Path> folders = Files.list(instances(root))) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                new InstanceFolder(folder).plan().ifPresent(plans::add);
            }
        }
        return plans;
    }

    /**
     * Two instances may be prepared at the same time; the second one waits, and finds the files that the first one
     * made.
     */
    private FileChannel lockShared() throws IOException {
        FileChannel channel =
                FileChannel.open(shared.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            progress.accept("another instance is being prepared: waiting for it");
            channel.lock();
        }
        return channel;
    }

    private static <A, B> List<B> inParallel(Collection<A> all, IOFunction<A, B> work) throws IOException {
        try (ExecutorService workers = Executors.newFixedThreadPool(WORKERS)) {
            List<Callable<B>> calls = new ArrayList<>();
            all.forEach(each -> calls.add(() -> work.apply(each)));
            List<B> results = new ArrayList<>();
            for (Future<B> result : workers.invokeAll(calls)) {
                results.add(result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
