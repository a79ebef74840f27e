package store.local.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import store.local.postgres.PostgresBinaries;

/** Runs the store on this machine. The first argument names the command; see the scripts in {@code deploy/local}. */
public final class LocalStore {

    private LocalStore() {}

    public static void main(String[] arguments) {
        Object command = switch (arguments.length == 0 ? "" : arguments[0]) {
            case "up" -> new Up();
            case "down" -> new Down();
            case "status" -> new Status();
            case "logs" -> new Logs();
            case "restart" -> new Restart();
            case "operator" -> new Operator();
            case "rotate-keys" -> new RotateKeys();
            default -> new Usage();
        };
        CommandLine line = new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, failed, parsed) -> {
                    failed.getErr().println(failed.getCommandName() + ": " + message(failure));
                    return failure instanceof Failure known
                            ? known.exitCode()
                            : failure instanceof PostgresBinaries.CannotRun ? Failure.PREREQUISITE : Failure.FAILED;
                });
        System.exit(line.execute(Arrays.stream(arguments).skip(1).toArray(String[]::new)));
    }

    /** The repository's root; the scripts pass it. */
    static Path root() {
        return Path.of(Objects.requireNonNull(
                System.getProperty("store.root"), "store.root is not set; use the scripts in deploy/local"));
    }

    private static String message(Throwable failure) {
        return switch (failure) {
            case UncheckedIOException e -> message(Objects.requireNonNull(e.getCause()));
            case AccessDeniedException e -> "no permission for " + e.getFile() + ": does another user own it?";
            case FileSystemException e -> e.getFile() + ": " + (e.getReason() == null ? e.toString() : e.getReason());
            case Failure e -> String.valueOf(e.getMessage());
            case IOException e when e.getMessage() != null -> e.getMessage();
            default -> failure.toString();
        };
    }

    @Command(
            name = "deploy/local/",
            description =
                    "Runs the store on this machine: deploy/local/{up,down,status,logs,restart,operator,rotate-keys},"
                            + " each with --help.")
    private static final class Usage implements Callable<Integer> {

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help.")
        private boolean help;

        @Override
        public Integer call() {
            throw new Failure(
                    Failure.PREREQUISITE, "use deploy/local/{up,down,status,logs,restart,operator,rotate-keys}");
        }
    }
}
