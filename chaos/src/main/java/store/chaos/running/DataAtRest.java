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
 * The databases and the acquirer of a stopped store, started alone until this is closed or the process ends. The command {@code up
 * --foreground} holds them: when it ends for any reason, also half-way, it stops what it started. An interrupt of the terminal reaches it
 * too.
 */
public final class DataAtRest implements AutoCloseable {

    /** Each of the four parts gets 15 s to stop before it is killed; together they usually take about 2 s. */
    private static final int STOP_BOUND_SECONDS = 90;

    private final Process holder;
    private final RunningStore store;

    private DataAtRest(Process holder, RunningStore store) {
        this.holder = holder;
        this.store = store;
    }

    /** @throws IOException if there is no such store, or its data cannot be started */
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

    /** Returns when the data is down. */
    @Override
    public void close() {
        end(holder);
    }

    private static void end(Process holder) {
        holder.destroy();
        try {
            if (!holder.waitFor(STOP_BOUND_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("the data is still stopping; deploy/local/down stops the rest");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
