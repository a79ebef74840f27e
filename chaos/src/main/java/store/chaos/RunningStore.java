package store.chaos;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** A store that {@code deploy/local/up} has started, as its {@code status} describes it. */
record RunningStore(URI gateway, List<Part> parts) {

    /** One process of it. */
    record Part(String name, long pid) {}

    /** @throws IOException if there is no such store or it is not up */
    static RunningStore find(String name) throws IOException {
        var status = new ProcessBuilder("deploy/local/status", "--json", "--name", name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var document = new JsonMapper().readTree(status.getInputStream().readAllBytes());
        if (document.path("gateway").isMissingNode()) {
            throw new IOException("no store named " + name + " is up; start it with deploy/local/up");
        }
        var parts = new ArrayList<Part>();
        for (var part : document.path("parts")) {
            if (!part.path("state").asString("").equals("up")) {
                throw new IOException(part.path("name").asString() + " is not up; see deploy/local/status");
            }
            parts.add(new Part(part.path("name").asString(), part.path("pid").asLong()));
        }
        return new RunningStore(URI.create(document.path("gateway").asString()), parts);
    }

    /**
     * Proportional set size of all that stays running, in bytes: each part with its children, and the supervisor. Shared pages count
     * once over all. Empty where the kernel does not tell (only Linux does).
     */
    Optional<TreeMap<String, Long>> memoryBytes() throws IOException {
        if (!Files.exists(Path.of("/proc/self/smaps_rollup"))) {
            return Optional.empty();
        }
        var bytes = new TreeMap<String, Long>();
        for (var part : parts) {
            var process = ProcessHandle.of(part.pid()).orElseThrow(() -> new IOException(part.name() + " has gone"));
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
