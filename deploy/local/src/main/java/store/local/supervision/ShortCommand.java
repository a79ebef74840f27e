package store.local.supervision;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs a program that must end within a bound. */
public final class ShortCommand {

    private static final Pattern ERROR = Pattern.compile("error|fatal", Pattern.CASE_INSENSITIVE);

    private ShortCommand() {}

    /**
     * Returns when the program has succeeded.
     *
     * @param environment its variables besides {@link #INHERITED}
     * @param input its standard input
     * @param log the file that its output replaces
     * @throws IOException if the program fails, or was killed because it took too long
     */
    public static void run(
            List<String> command, Map<String, String> environment, String input, Path log, Duration bound)
            throws IOException {
        ProcessBuilder builder = builder(command, environment).redirectOutput(log.toFile());
        Process process = builder.redirectInput(ProcessBuilder.Redirect.PIPE).start();
        try {
            try (var stdin = process.outputWriter()) {
                stdin.write(input);
            } catch (IOException endedWithoutReading) {
                // its exit code says why
            }
            boolean ended = process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended || process.exitValue() != 0) {
                String end = ended
                        ? "ended with exit code " + process.exitValue()
                        : "was killed after " + bound.toSeconds() + " s";
                throw new IOException(reason(log) + " (" + command.getFirst() + " " + end + ", see " + log + ")");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(command.getFirst());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** The last line that looks like an error; the lines after it are often about clearing up. */
    private static String reason(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return lines.stream()
                .filter(line -> ERROR.matcher(line).find())
                .reduce((_, later) -> later)
                .orElse(lines.isEmpty() ? "no output" : lines.getLast());
    }

    /** The variables of the caller of {@code up} that a program may see; any other one could change what it does. */
    public static final List<String> INHERITED = List.of("PATH", "HOME", "USER", "TMPDIR", "LANG", "TZ");

    /** A program with an empty input, and one stream for output and errors. */
    public static ProcessBuilder builder(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectInput(new File("/dev/null")).redirectErrorStream(true);
        builder.environment().keySet().retainAll(INHERITED);
        builder.environment().putAll(environment);
        return builder;
    }
}
