package store.local.supervision;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import store.local.supervision.Plan.Kind;

/** Ends a process: politely, and when that takes too long, for certain. */
public final class Termination {

    /** A request lasts 3 s at most and a service then closes its pools; a database writes 32 MB of dirty pages at most. */
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
        // A paused process does not hear the polite signal, and a database waits for children that are paused.
        signal("CONT", family);
        // PostgreSQL takes SIGTERM as "when the last client has gone", SIGINT as "now, cleanly".
        signal(kind == Kind.DATABASE ? "INT" : "TERM", List.of(process));
        boolean polite = ended(process.onExit(), patience);
        family.forEach(ProcessHandle::destroyForcibly);
        ended(
                CompletableFuture.allOf(
                        family.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new)),
                PATIENCE);
        return polite;
    }

    /** Sends a signal by its name; a process that is gone already is no error. */
    public static void signal(String name, List<ProcessHandle> processes) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" \"$@\" 2>/dev/null", name));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        try {
            new ProcessBuilder(command).start().waitFor();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
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
