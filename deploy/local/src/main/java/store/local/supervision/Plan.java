package store.local.supervision;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one supervisor runs. Made by {@code up}, kept in the instance's folder while the instance runs; it holds passwords.
 *
 * @param name the instance
 * @param build {@code services} or {@code monolith}
 * @param gateway the public address
 * @param controlPort loopback port of the supervisor's control channel
 * @param token what a request to the control channel must bear
 * @param restart whether a part that died is started again
 * @param restartDelay how long a part that died stays down
 * @param supervisor the command that runs the supervisor itself
 * @param parts in the order in which they start; they end in the reverse order
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

    /** How a part is asked whether it is ready, and how it is told to end. */
    public enum Kind {
        SERVICE,
        DATABASE;

        /** As {@code status} writes it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One process.
     *
     * @param environment what it sees besides {@link ShortCommand#INHERITED}
     * @param log where its output is appended
     * @param ready for a service an address that answers 200 once it is ready; for a database its data directory
     * @param url a service's address
     * @param managementUrl a service's actuator, where it has one
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
