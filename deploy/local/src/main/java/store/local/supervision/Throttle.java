package store.local.supervision;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Lets processes run for a share of the time only, until it is closed.
 *
 * <p>One shell sends all signals, because a new process for each would cost too much. When this process dies, however
 * it dies, the shell reads the end of its input, lets the stopped processes go on, and ends.
 */
final class Throttle implements AutoCloseable {

    /** The period of Linux's CPU quotas. */
    private static final int PERIOD_MILLIS = 100;

    /** The shell has one signal to send. */
    private static final int CLOSE_BOUND_MILLIS = 1000;

    /** Stops the processes that one line names, and lets them go on at the next line or at the end of the input. */
    private static final String SCRIPT =
            "while read -r pids; do kill -s STOP $pids; read -r go; kill -s CONT $pids; done 2>/dev/null";

    private final Process shell;

    /**
     * @param processes those to throttle, asked for in each period
     * @param percent their share of the time, 1 to 99
     */
    Throttle(Supplier<List<ProcessHandle>> processes, int percent) {
        try {
            shell = new ProcessBuilder("sh", "-c", SCRIPT)
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().name("throttle").daemon().start(() -> run(processes, percent));
    }

    private void run(Supplier<List<ProcessHandle>> processes, int percent) {
        try (Writer lines = shell.outputWriter()) {
            while (true) {
                send(lines, pids(processes.get()));
                Thread.sleep(PERIOD_MILLIS - PERIOD_MILLIS * percent / 100);
                send(lines, "");
                Thread.sleep(PERIOD_MILLIS * percent / 100);
            }
        } catch (IOException closed) {
            // the shell has let the processes go on
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread
        }
    }

    private static void send(Writer lines, String line) throws IOException {
        lines.write(line + "\n");
        lines.flush();
    }

    private static String pids(List<ProcessHandle> processes) {
        return processes.stream().map(process -> Long.toString(process.pid())).collect(Collectors.joining(" "));
    }

    /** Returns when the shell has let the processes go on and has ended. */
    @Override
    public void close() {
        try {
            shell.outputWriter().close();
            shell.waitFor(CLOSE_BOUND_MILLIS, TimeUnit.MILLISECONDS);
        } catch (IOException shellHasEnded) {
            // somebody killed the shell
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
