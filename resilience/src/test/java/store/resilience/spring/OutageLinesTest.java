package store.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.dao.QueryTimeoutException;

class OutageLinesTest {

    private static final SQLException AWAY = new SQLException("FATAL: the database\n  is shutting down");

    private final Logger logger = (Logger) LoggerFactory.getLogger("com.github.kagkarlsson.scheduler.Test");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        OutageLines.install();
        logger.setAdditive(false);
        logger.addAppender(lines);
        lines.start();
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.getLoggerContext().resetTurboFilterList();
    }

    @Test
    void aDatabaseThatIsAwayIsOneLine() {
        logger.error("Unhandled exception.", new IllegalStateException(AWAY));
        logger.warn("Heartbeat of {} failed.", "task", AWAY);

        assertThat(lines.list).hasSize(2).allSatisfy(line -> {
            assertThat(line.getThrowableProxy()).isNull();
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getFormattedMessage())
                    .endsWith("It continues when the database is back. (SQLException: FATAL: the database)");
        });
        assertThat(lines.list.get(1).getFormattedMessage()).startsWith("Heartbeat of task failed.");
    }

    @Test
    void anyOtherFailureKeepsItsStackTrace() {
        logger.error("Unhandled exception.", new IllegalStateException("a defect"));
        assertThat(lines.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getThrowableProxy()).isNotNull());
    }

    @Test
    void aFailedStatementIsNotQuoted() {
        var failure = new QueryTimeoutException("SQL [select secret\n from table]", AWAY);
        assertThat(OneLine.of(failure)).isEqualTo("SQLException: FATAL: the database");
        assertThat(OneLine.of(new IllegalStateException())).isEqualTo("IllegalStateException");
    }
}
