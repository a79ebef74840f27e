package store.acquirer;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the settings from the command line. */
final class CommandLine {

    static final String USAGE = """
        usage: java -Xmx32m -jar acquirer-sandbox.jar --data DIR [options]

          --data DIR                   folder of the journal; one process at a time
          --port N                     default 0: any free port
          --bind ADDRESS               IP address to listen on; default 127.0.0.1
          --void-window DURATION       age from which a capture can only be refunded; default 24h
          --key-ttl DURATION           age from which a key is as if never seen; default 24h
          --chargeback-after DURATION  from a capture with tok_fraud_later to its chargeback; default 2s
          --help

        A DURATION is a whole number with ms, s, m, h or d: 20s, 15m, 24h.\
        """;

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private CommandLine() {}

    /** The arguments are no settings; the message says why in one line. */
    static final class UsageError extends Exception {
        private static final long serialVersionUID = 1;

        UsageError(String message) {
            super(message);
        }
    }

    static AcquirerSettings parse(String... arguments) throws UsageError {
        AcquirerSettings settings = AcquirerSettings.defaults(Path.of(""));
        for (int i = 0; i < arguments.length; i += 2) {
            String option = arguments[i];
            String value = i + 1 < arguments.length ? arguments[i + 1] : "";
            try {
                settings = switch (option) {
                    case "--data" -> settings.withData(Path.of(value));
                    case "--port" -> settings.withPort(port(value));
                    case "--bind" -> settings.withBind(InetAddress.ofLiteral(value));
                    case "--void-window" -> settings.withVoidWindow(duration(value));
                    case "--key-ttl" -> settings.withKeyTtl(duration(value));
                    case "--chargeback-after" -> settings.withChargebackAfter(duration(value));
                    default -> throw new UsageError("there is no option " + option);
                };
            } catch (IllegalArgumentException _) {
                throw new UsageError(option + " does not take \"" + value + "\"");
            }
        }
        if (settings.data().toString().isEmpty()) {
            throw new UsageError("--data is missing");
        }
        return settings;
    }

    private static int port(String value) {
        int port = Integer.parseInt(value);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(value);
        }
        return port;
    }

    private static Duration duration(String value) {
        Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(value);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }
}
