package store.chaos.running;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/**
 * The data of a store that does not run, up alone until this is closed or the process ends. {@code up --foreground} holds it: whatever
 * ends that command takes down what it started, also half-way, and an interrupt of the terminal reaches it too.
 */
public final class DataAtRest implements AutoCloseable {

    /** A part gets 15 s to stop before it is killed, and there are four; they take about two. */
    private static final int STOP_BOUND_SECONDS = 90;

    private final Process holder;
    private final RunningStore store;

    private DataAtRest(Process holder, RunningStore store) {
        this.holder = holder;
        this.store = store;
    }

    /** @throws IOException if there is no such store, or it cannot be started */
    public static DataAtRest up(String name) throws IOException {
        var data = Path.of("deploy/local/.state", name, "data");
        if (!Files.isDirectory(data)) {
            throw new IOException("there is no store named " + name);
        }
        var build = Files.exists(data.resolve("monolith-db")) ? "monolith" : "services";
        var holder = new ProcessBuilder(
                        "deploy/local/up",
                        "--data-only",
                        "--no-build",
                        "--foreground",
                        "--json",
                        "--as",
                        build,
                        "--name",
                        name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(holder)));
        var document = new StringBuilder();
        var lines = new BufferedReader(new InputStreamReader(holder.getInputStream(), UTF_8));
        String line;
        do {
            line = lines.readLine();
            if (line == null) {
                end(holder);
                throw new IOException("the data of " + name + " cannot be started alone");
            }
            document.append(line);
        } while (!line.equals("}"));
        return new DataAtRest(holder, JsonMapper.shared().readValue(document.toString(), RunningStore.class));
    }

    public RunningStore store() {
        return store;
    }

    /** Returns when it is down. */
    @Override
    public void close() {
        end(holder);
    }

    private static void end(Process holder) {
        holder.destroy();
        try {
            if (!holder.waitFor(STOP_BOUND_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("the data is still being stopped; deploy/local/down sees to it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
