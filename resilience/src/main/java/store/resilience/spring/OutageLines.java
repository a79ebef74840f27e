package store.resilience.spring;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.helpers.MessageFormatter;

/**
 * Says in one line that a library's database is away, which the library would report with a stack trace several times a second. Its
 * other failures keep theirs.
 */
public final class OutageLines extends TurboFilter {

    private final String loggers;

    /** @param loggers the package whose loggers are meant */
    private OutageLines(String loggers) {
        this.loggers = loggers;
    }

    /** For db-scheduler, which polls and sends heartbeats all the time. */
    public static void ofScheduler() {
        of("com.github.kagkarlsson.scheduler");
    }

    static void of(String loggers) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
                && context.getTurboFilterList().stream()
                        .noneMatch(known -> known instanceof OutageLines lines && lines.loggers.equals(loggers))) {
            context.addTurboFilter(new OutageLines(loggers));
        }
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] parameters,
            @Nullable Throwable failure) {
        var thrown = failure != null ? failure : last(parameters);
        if (thrown == null
                || !logger.getName().startsWith(loggers)
                || !level.isGreaterOrEqual(Level.WARN)
                || !isOfDatabase(thrown)) {
            return FilterReply.NEUTRAL;
        }
        logger.warn(
                "{} It goes on when the database is back. ({})",
                MessageFormatter.arrayFormat(format, parameters).getMessage(),
                OneLine.of(thrown));
        return FilterReply.DENY;
    }

    /** SLF4J lets the throwable be the last of the parameters. */
    private static @Nullable Throwable last(Object @Nullable [] parameters) {
        return parameters != null
                        && parameters.length > 0
                        && parameters[parameters.length - 1] instanceof Throwable thrown
                ? thrown
                : null;
    }

    private static boolean isOfDatabase(Throwable thrown) {
        for (@Nullable Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException) {
                return true;
            }
        }
        return false;
    }
}
