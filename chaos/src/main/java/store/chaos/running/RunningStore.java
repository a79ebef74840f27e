package store.chaos.running;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A store that {@code deploy/local/up} has started, as its {@code status} describes it; or any other, described in the same way.
 *
 * @param name the instance
 * @param build {@code services} or {@code monolith}
 * @param gateway the public address
 */
public record RunningStore(String name, String build, URI gateway, List<Part> parts) {

    /**
     * One process of it.
     *
     * @param kind {@code service} or {@code database}
     * @param pid null while it is down, or where nobody told
     * @param state {@code up}, {@code starting}, {@code down} or {@code paused}
     * @param url a service's; null for a database
     * @param jdbcUrl a database's; null for a service
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

        /** One that is up, however it was started. */
        public static Part service(String name, String url) {
            return new Part(name, "service", null, "up", url, null, null, null, null);
        }

        /** One that is up, however it was started. */
        public static Part database(String name, String jdbcUrl, String user, String password) {
            return new Part(name, "database", null, "up", null, null, jdbcUrl, user, password);
        }

        public boolean isUp() {
            return state.equals("up");
        }
    }

    /** Asks {@code deploy/local/status}; the working directory is the repository's root.
     *
     * @throws IOException if there is no such store
     */
    public static RunningStore find(String name) throws IOException {
        return ifRunning(name)
                .orElseThrow(() -> new IOException("no store named " + name + " is up; start it with deploy/local/up"));
    }

    /** The same, for one that need not run. */
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
     * The same store, its databases with the role that may read everything and write nothing.
     *
     * @throws IOException if it was not started by {@code deploy/local/up}, which makes that role
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

    /** @throws IOException if it has no such part */
    public Part part(String part) throws IOException {
        return parts.stream()
                .filter(candidate -> candidate.name().equals(part))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no " + part + " in " + name));
    }

    /**
     * Proportional set size of all that stays running, in bytes: each part with its children, and the supervisor. Shared pages count
     * once over all. Empty where the kernel does not tell (only Linux does).
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
