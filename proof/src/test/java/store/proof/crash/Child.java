package store.proof.crash;

import static org.awaitility.Awaitility.await;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.order.OrderId;
import store.order.RetryOrder;
import store.payment.Acquirer;
import store.payment.Acquirer.Page;
import store.payment.Movement;
import store.proof.AtRest;

/** The process that dies. It reports its progress on standard output, one line for each event. */
final class Child {

    static final String MIGRATE = "migrate";
    static final String REHEARSE = "rehearse";
    static final String RECOVER = "recover";

    private static final Duration RECOVERY_BOUND = Duration.ofSeconds(90);
    private static final Duration RECONCILIATION_BOUND = Duration.ofSeconds(20);

    private static final NoArgGenerator IDS = Generators.timeBasedEpochGenerator();

    private Child() {}

    /**
     * Takes one of these as its first argument, and the store's settings after it: {@link #MIGRATE} creates the tables;
     * {@link #REHEARSE} and a world plays all scenarios of the world and reports the points that each reaches;
     * {@link #RECOVER} runs the store as usual until nothing is open; any other argument is a {@link Case}, which is
     * played.
     */
    public static void main(String... arguments) throws InterruptedException {
        var settings = Arrays.copyOfRange(arguments, 1, arguments.length);
        var watch = new Watch();
        var recovers = arguments[0].equals(RECOVER);
        var context = Composition.start(watch, recovers, arguments[0].equals(MIGRATE) || recovers, settings);
        if (arguments[0].equals(MIGRATE)) {
            context.getBeansOfType(FlywayMigrationInitializer.class); // each migrates when it is created
        } else if (recovers) {
            awaitNothingOpen(context.getBean(JdbcClient.class), context.getBean(RetryOrder.class));
            awaitLedgerLikeStatement(context.getBean(JdbcClient.class), context.getBean(Acquirer.class));
        } else {
            awaitAcquirer(context.getBean(Acquirer.class));
            for (var course : courses(arguments[0])) {
                play(context, watch, course);
            }
        }
        context.close();
        System.exit(0);
    }

    static synchronized void tell(String what, Object content) {
        System.out.println(what + " " + content);
        System.out.flush();
    }

    private record Course(Scenario scenario, @Nullable Case aimed) {}

    private static List<Course> courses(String argument) {
        if (argument.startsWith(REHEARSE)) {
            var world = World.Kind.valueOf(argument.substring(REHEARSE.length() + 1));
            return Arrays.stream(Scenario.values())
                    .filter(scenario -> scenario.world() == world)
                    .map(scenario -> new Course(scenario, null))
                    .toList();
        }
        var aimed = Case.decoded(argument);
        return List.of(new Course(aimed.scenario(), aimed));
    }

    private static void play(ConfigurableApplicationContext context, Watch watch, Course course)
            throws InterruptedException {
        var id = IDS.generate();
        var settings = context.getEnvironment();
        var kill = new DatabaseKill(
                settings.getRequiredProperty("spring.datasource.url"),
                settings.getRequiredProperty("spring.datasource.username"));
        var blow = new Blow(course.aimed, kill);
        tell("order", id);
        watch.begin(id, blow);
        course.scenario.play(new Shop(context, watch, id, blow));
        watch.end();
        kill.await();
        if (course.aimed == null) {
            blow.reached()
                    .forEach(point -> tell("point", new Case(course.scenario, point, Case.Kind.HALT, "").encoded()));
        }
    }

    /** The first call of a new process is slow, and a scenario must not depend on that. */
    private static void awaitAcquirer(Acquirer acquirer) {
        await().atMost(Duration.ofSeconds(20)).until(() -> acquirer.statement(null, 1) instanceof Page);
    }

    /** Waits until nothing is open. Meanwhile an operator retries each order that needs attention. */
    private static void awaitNothingOpen(JdbcClient jdbc, RetryOrder operator) {
        await().atMost(RECOVERY_BOUND).pollInterval(Duration.ofMillis(100)).until(() -> {
            jdbc.sql("select id from orders.orders where status = 'NEEDS_ATTENTION'")
                    .query(UUID.class)
                    .list()
                    .forEach(order -> operator.retry(new OrderId(order), "the crash matrix's operator"));
            return jdbc.sql("""
                select not exists (select from orders.orders where status in ('PENDING', 'CANCELLING', 'NEEDS_ATTENTION'))
                    and not exists (select from orders.settlement)
                    and not exists (select from payments.payment where due_at is not null)
                """).query(Boolean.class).single();
        });
    }

    private static boolean nothingUnexplained(JdbcClient jdbc) {
        return jdbc.sql("select not exists (select from payments.discrepancy where cleared_at is null)")
                .query(Boolean.class)
                .single();
    }

    /** Waits until exactly the acquirer's movements are booked, and reconciliation has explained every discrepancy. */
    private static void awaitLedgerLikeStatement(JdbcClient jdbc, Acquirer acquirer) {
        await().atMost(RECONCILIATION_BOUND)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> {
                    var booked = jdbc.sql("select movement_id from payments.ledger_posting")
                            .query(String.class)
                            .set();
                    return AtRest.statement(acquirer)
                            .map(moved -> moved.stream().map(Movement::id).collect(Collectors.toSet()))
                            .filter(booked::equals)
                            .filter(_ -> nothingUnexplained(jdbc))
                            .isPresent();
                });
    }
}
