package store.chaos.running;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A store as {@code deploy/local/status} describes it. One that was started in another way can be described in the same terms.
 *
 * @param name of the instance
 * @param build {@code services} or {@code monolith}
 * @param gateway the public address
 */
public record RunningStore(String name, String build, URI gateway, List<Part> parts) {

    private static final Map<String, String> DATABASES =
            Map.of("orders", "order-db", "inventory", "inventory-db", "payments", "payment-db");

    /**
     * One process of a store.
     *
     * @param kind {@code service} or {@code database}
     * @param pid null if the part is down, or if the pid is not known
     * @param state {@code up}, {@code starting}, {@code down} or {@code paused}
     * @param url of a service; null for a database
     * @param jdbcUrl of a database; null for a service
     */
    public record Part(
            String name,
            String kind,
            @Nullable Long pid,
            String state,
            @Nullable String url,
            @Nullable String managementUrl,
            @Nullable String jdbcUrl,
            @Nullable String user,
            @Nullable String password) {

        /** A service that is up, however it was started. */
        public static Part service(String name, String url) {
            return new Part(name, "service", null, "up", url, null, null, null, null);
        }

        /** A database that is up, however it was started. */
        public static Part database(String name, String jdbcUrl, String user, String password) {
            return new Part(name, "database", null, "up", null, null, jdbcUrl, user, password);
        }

        public boolean isUp() {
            return state.equals("up");
        }
    }

    /**
     * Asks {@code deploy/local/status}; the working directory is the repository's root.
     *
     * @throws IOException if no store of that name is up
     */
    public static RunningStore find(String name) throws IOException {
        return ifRunning(name)
                .orElseThrow(() -> new IOException("no store named " + name + " is up; start it with deploy/local/up"));
    }

    /** The same; empty if no store of that name is up. */
    public static Optional<RunningStore> ifRunning(String name) throws IOException {
        var status = new ProcessBuilder("deploy/local/status", "--json", "--name", name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var document = status.getInputStream().readAllBytes();
        return document.length == 0
                ? Optional.empty()
                : Optional.of(JsonMapper.shared().readValue(document, RunningStore.class));
    }

    /**
     * The same store, where the databases have the role that may read everything and write nothing.
     *
     * @throws IOException if {@code deploy/local/up} did not start the store: that command creates the role
     */
    public RunningStore asAuditor() throws IOException {
        var file = Path.of("deploy/local/.state", name, "secrets", "auditor.password");
        var password = Files.readString(file).strip();
        var seen = parts.stream()
                .map(part -> part.jdbcUrl() == null
                        ? part
                        : new Part(
                                part.name(),
                                part.kind(),
                                part.pid(),
                                part.state(),
                                null,
                                null,
                                part.jdbcUrl(),
                                "auditor",
                                password))
                .toList();
        return new RunningStore(name, build, gateway, seen);
    }

    /** @throws IOException unless every part is up */
    public RunningStore requireUp() throws IOException {
        for (var part : parts) {
            if (!part.isUp()) {
                throw new IOException(part.name() + " is not up; see deploy/local/status");
            }
        }
        return this;
    }

    /** @throws IOException if the store has no such part */
    public Part part(String part) throws IOException {
        return parts.stream()
                .filter(candidate -> candidate.name().equals(part))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no " + part + " in " + name));
    }

    /**
     * The database that has a schema: {@code orders}, {@code inventory} or {@code payments}.
     *
     * @throws IOException if no part of the store has it
     */
    public Part database(String schema) throws IOException {
        return parts.stream()
                .filter(part -> List.of(DATABASES.getOrDefault(schema, ""), "monolith-db")
                        .contains(part.name()))
                .findFirst()
                .orElseThrow(() -> new IOException("no database of " + name + " has the schema " + schema));
    }

    /**
     * Proportional set size in bytes, in which shared pages count once: of each part with its children, and of the supervisor. Empty where
     * the kernel does not report it (only Linux does).
     */
    public Optional<TreeMap<String, Long>> memoryBytes() throws IOException {
        if (!Files.exists(Path.of("/proc/self/smaps_rollup"))) {
            return Optional.empty();
        }
        var bytes = new TreeMap<String, Long>();
        for (var part : parts) {
            var process = ProcessHandle.of(Objects.requireNonNull(part.pid(), part.name()))
                    .orElseThrow(() -> new IOException(part.name() + " has gone"));
            var family =
                    Stream.concat(Stream.of(process), process.descendants()).toList();
            bytes.put(part.name(), sum(family));
            // A part's parent is the supervisor, or a small process between the two.
            for (var above = process.parent();
                    above.isPresent() && above.get().pid() > 1;
                    above = above.get().parent()) {
                if (above.get().info().commandLine().orElse("").contains("store.local")) {
                    bytes.put("supervisor", sum(List.of(above.get())));
                }
            }
        }
        return Optional.of(bytes);
    }

    private static long sum(List<ProcessHandle> processes) throws IOException {
        var total = 0L;
        for (var process : processes) {
            try (var lines = Files.lines(Path.of("/proc/" + process.pid() + "/smaps_rollup"))) {
                total += lines.filter(line -> line.startsWith("Pss:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                        .sum();
            }
        }
        return total;
    }
}
