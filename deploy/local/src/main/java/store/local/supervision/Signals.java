package store.local.supervision;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Sends many signals cheaply: to one shell that stays, instead of one each. When this process dies, however it does, the shell lets
 * what it stopped last go on, and ends.
 */
final class Signals implements AutoCloseable {

    private static final String SCRIPT =
            "while read -r signal pids; do kill -s $signal $pids 2>/dev/null; last=$pids; echo; done\n"
                    + "kill -s CONT $last 2>/dev/null";

    private final Process shell;
    private final Writer requests;
    private final BufferedReader answers;

    Signals() throws IOException {
        shell = new ProcessBuilder("sh", "-c", SCRIPT)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        requests = shell.outputWriter();
        answers = shell.inputReader();
    }

    /** Returns when the signal has been sent; a process that is gone already is no error. */
    void send(String name, List<ProcessHandle> processes) throws IOException {
        requests.write(processes.stream()
                .map(process -> Long.toString(process.pid()))
                .collect(Collectors.joining(" ", name + " ", "\n")));
        requests.flush();
        if (answers.readLine() == null) {
            throw new IOException("the shell that sends signals has ended");
        }
    }

    /** Leaves what was stopped last as it is. */
    @Override
    public void close() throws IOException {
        try (requests) {
            send("CONT", List.of());
        }
    }
}
