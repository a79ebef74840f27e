package store.chaos.kill;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A store that is started for one test and deleted after it. */
final class OwnStore {

    /** Below the ports of outgoing connections: one of those could take the gateway's port while the gateway is dead. */
    private static final int PORT_FIRST = 18900;

    private static final int PORT_LAST = 32000;

    /** The bound of {@code deploy/local/up} itself, and of a build before it. */
    private static final long COMMAND_MINUTES = 10;

    private final Path folder;
    private final String name;
    private boolean down;
    private volatile @Nullable Process running;

    /** @param name of an instance that does not exist yet */
    OwnStore(String name) {
        this.name = name;
        this.folder = Path.of("deploy/local/.state", name);
    }

    String name() {
        return name;
    }

    /**
     * Starts the store.
     *
     * @param options of {@code deploy/local/up}
     */
    void up(List<String> options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("--fresh", "--port", Integer.toString(freePort())));
        arguments.addAll(options);
        run("up", arguments);
    }

    private static int freePort() throws IOException {
        for (var port = PORT_FIRST; port <= PORT_LAST; port++) {
            try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return port;
            } catch (IOException taken) {
                continue;
            }
        }
        throw new IOException("no port is free");
    }

    /** Copies the logs before {@link #forget} deletes them. */
    void copyLogs(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (var logs = Files.list(folder.resolve("logs"))) {
            for (var log : logs.toList()) {
                Files.copy(log, directory.resolve(log.getFileName()));
            }
        }
    }

    /** Stops the store and deletes its data. Any thread may call it; a second call has no effect. */
    synchronized void forget() throws IOException, InterruptedException {
        if (down) {
            return;
        }
        down = true;
        if (running instanceof Process unfinished && unfinished.isAlive()) {
            unfinished.destroy(); // it then stops what it has started
            unfinished.waitFor(1, TimeUnit.MINUTES);
        }
        run("down", List.of());
        if (Files.exists(folder)) {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void run(String command, List<String> options) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("deploy/local/" + command, "--name", name, "--json"));
        arguments.addAll(options);
        var process = new ProcessBuilder(arguments)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        running = process;
        if (!process.waitFor(COMMAND_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IOException(String.join(" ", arguments) + " failed");
        }
    }
}
