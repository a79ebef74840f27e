package store.acquirer;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command that runs a sandbox as a process of its own. */
@Command(
        name = "acquirer-sandbox",
        synopsisHeading = "usage: ",
        customSynopsis = "java -Xmx32m -jar acquirer-sandbox.jar --data DIR [options]",
        optionListHeading = "%n",
        sortOptions = false,
        separator = " ",
        usageHelpWidth = 110,
        footer = {
            "%nA DURATION is a whole number with ms, s, m, h or d: 20s, 15m, 24h.",
            "Exit codes: 1 the sandbox cannot start, 2 the command line is wrong."
        })
final class RunSandbox implements Callable<Integer> {

    private static final AcquirerSettings DEFAULTS = AcquirerSettings.defaults(Path.of(""));
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
    private static final Map<String, ChronoUnit> UNITS = Map.of(
            "ms", ChronoUnit.MILLIS,
            "s", ChronoUnit.SECONDS,
            "m", ChronoUnit.MINUTES,
            "h", ChronoUnit.HOURS,
            "d", ChronoUnit.DAYS);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "folder of the journal, for one process at a time")
    private Path data = DEFAULTS.data();

    @Option(names = "--port", paramLabel = "N", description = "port to listen on; default 0: any free port")
    private int port = DEFAULTS.port();

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "IP address to listen on; default 127.0.0.1")
    private InetAddress bind = DEFAULTS.bind();

    @Option(
            names = "--void-window",
            paramLabel = "DURATION",
            description = "age from which a capture can only be refunded; default 24h")
    private Duration voidWindow = DEFAULTS.voidWindow();

    @Option(
            names = "--key-ttl",
            paramLabel = "DURATION",
            description = "age from which the sandbox treats a key as new; default 24h")
    private Duration keyTtl = DEFAULTS.keyTtl();

    @Option(
            names = "--chargeback-after",
            paramLabel = "DURATION",
            description = "time from a capture with tok_fraud_later to its chargeback; default 2s")
    private Duration chargebackAfter = DEFAULTS.chargebackAfter();

    @Option(names = "--help", usageHelp = true, description = "show this text")
    private boolean help;

    public static void main(String... arguments) {
        int exitCode = line(new RunSandbox()).execute(arguments);
        if (exitCode != 0) {
            System.exit(exitCode);
        }
    }

    static CommandLine line(RunSandbox command) {
        return new CommandLine(command)
                .setOverwrittenOptionsAllowed(true)
                .setUsageHelpLongOptionsMaxWidth(30)
                .registerConverter(Duration.class, RunSandbox::duration)
                .registerConverter(InetAddress.class, RunSandbox::address)
                .setParameterExceptionHandler((wrong, _) -> {
                    System.err.println("acquirer-sandbox: " + wrong.getMessage() + "; see --help");
                    return 2;
                });
    }

    @Override
    public Integer call() {
        AcquirerSettings settings = settings();
        try {
            AcquirerSandbox sandbox = AcquirerSandbox.start(settings);
            Runtime.getRuntime().addShutdownHook(new Thread(sandbox::close, "stop"));
            System.out.println("acquirer-sandbox is ready on http://" + bind.getHostAddress() + ":" + sandbox.port());
            return 0;
        } catch (IOException e) {
            System.err.println("acquirer-sandbox: cannot start: " + e.getMessage());
            return 1;
        }
    }

    /** @throws ParameterException if a value is out of range */
    AcquirerSettings settings() {
        if (data.toString().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--data is empty");
        }
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "--port is 0 to 65535");
        }
        return new AcquirerSettings(data, bind, port, voidWindow, keyTtl, chargebackAfter);
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException _) {
            throw new TypeConversionException("'" + text + "' is not an IP address");
        }
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + text + "' is not a duration");
        }
        return Duration.of(Long.parseLong(matcher.group(1)), UNITS.get(matcher.group(2)));
    }
}
