package store.resilience.spring;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.helpers.MessageFormatter;

/**
 * Logs a database outage in one line. Libraries report it with a stack trace several times a second. Their other
 * failures keep the stack trace.
 */
public final class OutageLines extends TurboFilter {

    /** db-scheduler polls and sends heartbeats all the time; the pool reports each connection that breaks. */
    private static final List<String> LOGGERS = List.of("com.github.kagkarlsson.scheduler", "com.zaxxer.hikari");

    private OutageLines() {}

    /** Takes effect at once, for the whole process. */
    public static void install() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
                && context.getTurboFilterList().stream().noneMatch(OutageLines.class::isInstance)) {
            context.addTurboFilter(new OutageLines());
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
                || LOGGERS.stream().noneMatch(logger.getName()::startsWith)
                || !level.isGreaterOrEqual(Level.WARN)
                || !isOfDatabase(thrown)) {
            return FilterReply.NEUTRAL;
        }
        logger.warn(
                "{} It continues when the database is back. ({})",
                MessageFormatter.arrayFormat(format, parameters).getMessage(),
                OneLine.of(thrown));
        return FilterReply.DENY;
    }

    /** SLF4J accepts a throwable as the last parameter. */
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
