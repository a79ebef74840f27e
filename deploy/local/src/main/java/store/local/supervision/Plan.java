package store.local.supervision;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts that one supervisor runs. {@code up} makes it; the instance's folder has it while the instance runs. It
 * holds passwords.
 *
 * @param name the instance
 * @param build {@code services} or {@code monolith}
 * @param gateway the public address
 * @param controlPort the loopback port of the supervisor's control channel
 * @param token the bearer token of requests to the control channel
 * @param restart whether a part that died is started again
 * @param restartDelay how long a part stays down after it died
 * @param supervisor the command that runs the supervisor itself
 * @param parts each comes after the parts that it needs; they are stopped in the reverse order
 */
public record Plan(
        String name,
        String build,
        String gateway,
        int controlPort,
        String token,
        boolean restart,
        Duration restartDelay,
        List<String> supervisor,
        List<Part> parts) {

    /** Decides how to ask a part whether it is ready, and which signal ends it. */
    public enum Kind {
        SERVICE,
        DATABASE;

        /** The name that {@code status} prints. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One process.
     *
     * @param environment its variables besides {@link ShortCommand#INHERITED}
     * @param log the file to which its output is appended
     * @param ready for a service an address that answers 200 when it is ready; for a database its data directory
     * @param url a service's address
     * @param managementUrl the address of a service's actuator, if it has one
     * @param jdbcUrl a database's address
     */
    public record Part(
            String name,
            Kind kind,
            List<String> command,
            Map<String, String> environment,
            String log,
            String ready,
            @Nullable String url,
            @Nullable String managementUrl,
            @Nullable String jdbcUrl,
            @Nullable String user,
            @Nullable String password) {}
}
