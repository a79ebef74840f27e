package store.local.supervision;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import store.local.supervision.Plan.Kind;

/** Ends a process: by the signal that asks it to end, and when that takes too long, by force. */
public final class Termination {

    /**
     * A service finishes requests of 3 s at most and closes its pools; a database writes 32 MB of dirty pages at most.
     */
    public static final Duration PATIENCE = Duration.ofSeconds(15);

    private Termination() {}

    /**
     * Returns when the process has ended, and its children with it.
     *
     * @param patience how long it may take to end by itself
     * @return whether it ended by itself
     */
    public static boolean end(ProcessHandle process, Kind kind, Duration patience) {
        List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
        family.addFirst(process);
        // A stopped process does not handle the signal, and a database waits for its stopped children.
        signal("CONT", family);
        // On SIGTERM PostgreSQL waits for its last client; on SIGINT it disconnects all clients and ends cleanly.
        signal(kind == Kind.DATABASE ? "INT" : "TERM", List.of(process));
        boolean polite = ended(process.onExit(), patience);
        family.forEach(ProcessHandle::destroyForcibly);
        ended(
                CompletableFuture.allOf(
                        family.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new)),
                PATIENCE);
        return polite;
    }

    /** Sends a signal by its name, and ignores processes that have ended. */
    public static void signal(String name, List<ProcessHandle> processes) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" \"$@\" 2>/dev/null", name));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        try {
            new ProcessBuilder(command).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean ended(CompletableFuture<?> exit, Duration bound) {
        try {
            exit.get(bound.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException late) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
