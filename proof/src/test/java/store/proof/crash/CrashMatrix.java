package store.proof.crash;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict;
import store.proof.AtRest;
import store.proof.crash.Point.Effect;
import store.proof.crash.Point.Moment;

/**
 * Every point of every scenario, and how an order ends whose process dies there. A rehearsal of a scenario finds its
 * points. Then one child after the other plays a scenario and dies at one of the points, on the database that earlier
 * children have left. The last child runs the store as usual, with recovery, until nothing is open.
 */
final class CrashMatrix implements AutoCloseable {

    /**
     * Children at a time, each on its own database. One more than processors, because some wait for a silent acquirer.
     */
    private static final int LANES = Runtime.getRuntime().availableProcessors() + 1;

    /**
     * The scenarios in which the database is killed too. Together they have every COMMIT of a purchase and of a
     * compensation.
     */
    private static final Set<Scenario> DATABASE_KILLED =
            EnumSet.of(Scenario.CONFIRMED, Scenario.CANCELLED_WHILE_PENDING);

    /**
     * The result of a case.
     *
     * @param befell whether the fault hit; a point that is not reached is a failure
     * @param found the state right after the fault: the order, its reservation, its payment, the acquirer's movements
     * @param end the same state at the end
     * @param wrong the failures, or null if there are none
     */
    record Row(
            Case played,
            boolean befell,
            String found,
            String end,
            @Nullable String wrong) {}

    private record Played(Case played, World.Death death, UUID order, String found) {}

    private final Path folder;
    private final Jvm jvm;
    private final Server server;
    private @Nullable Server mortal;
    private final List<World> worlds = new ArrayList<>();

    CrashMatrix(Path folder) throws Exception {
        this.folder = folder;
        this.jvm = new Jvm(folder);
        this.server = server("postgres");
    }

    /**
     * The points that each scenario reaches without a fault, in sequence.
     *
     * @param manyCases whether to spend some seconds so that every other child starts sooner
     */
    Map<Scenario, List<Point>> rehearse(boolean manyCases) throws Exception {
        List<Callable<World.Death>> rehearsals = new ArrayList<>();
        for (var kind : World.Kind.values()) {
            var world = world(kind, "rehearsal", server);
            var argument = Child.REHEARSE + " " + kind;
            rehearsals.add(
                    () -> manyCases && kind == World.Kind.STANDARD ? world.train(argument) : world.run(argument));
        }
        Map<Scenario, List<Point>> points = new EnumMap<>(Scenario.class);
        for (var rehearsal : all(rehearsals)) {
            if (rehearsal.exit() != 0) {
                throw new IllegalStateException("a rehearsal failed:\n" + String.join("\n", rehearsal.output()));
            }
            rehearsal.told("point").stream()
                    .map(Case::decoded)
                    .forEach(reached -> points.computeIfAbsent(reached.scenario(), _ -> new ArrayList<>())
                            .add(reached.point()));
        }
        return points;
    }

    /**
     * The cases for the rehearsed points. Points with no work of a database or a peer between them are one case: for
     * every surviving process, it makes no difference at which of them the process died.
     */
    static List<Case> cases(Map<Scenario, List<Point>> rehearsed) {
        List<Case> cases = new ArrayList<>();
        rehearsed.forEach((scenario, points) -> {
            List<Point> sameMoment = new ArrayList<>();
            for (var i = 0; i < points.size(); i++) {
                var point = points.get(i);
                sameMoment.add(point);
                if (i + 1 == points.size() || isDoneBetween(point, points.get(i + 1))) {
                    cases.add(new Case(scenario, point, Case.Kind.HALT, sides(sameMoment)));
                    sameMoment.clear();
                }
                var before = point.moment() == Moment.BEFORE;
                if (!before && point.effect() != Effect.NONE) {
                    cases.add(new Case(scenario, point, Case.Kind.LOSE_ANSWER, point.toString()));
                }
                if (before && point.effect() == Effect.COMMIT && DATABASE_KILLED.contains(scenario)) {
                    cases.add(new Case(scenario, point, Case.Kind.KILL_DATABASE_BEFORE_COMMIT, point.toString()));
                    cases.add(new Case(scenario, point, Case.Kind.KILL_DATABASE_AFTER_COMMIT, point.toString()));
                }
            }
        });
        return cases;
    }

    /** If a step contains no other step, a database or a peer does its work. */
    private static boolean isDoneBetween(Point point, Point next) {
        return point.moment() == Moment.BEFORE && next.moment() == Moment.AFTER;
    }

    /**
     * Leaves out a method's point if that of its statement is in the list too, because both are one side of the same
     * step.
     */
    private static String sides(List<Point> points) {
        return points.stream()
                .filter(point -> points.stream()
                        .noneMatch(other -> other != point && other.step().equals(point.step() + ": statement")))
                .map(Point::toString)
                .collect(Collectors.joining(", "));
    }

    /** Plays all cases, and returns their rows in the same sequence. */
    List<Row> play(List<Case> cases) throws Exception {
        var progress = new AtomicInteger();
        List<Callable<List<Row>>> work = new ArrayList<>();
        for (var part : parts(cases).entrySet()) {
            var first = part.getValue().getFirst();
            var world =
                    world(first.scenario().world(), part.getKey(), first.kind().killsDatabase() ? mortal() : server);
            work.add(() -> play(world, part.getValue(), () -> {
                System.err.printf("%d of %d%n", progress.incrementAndGet(), cases.size());
            }));
        }
        Map<Case, Row> rows = new HashMap<>();
        all(work).forEach(part -> part.forEach(row -> rows.put(row.played, row)));
        return cases.stream().map(rows::get).map(Objects::requireNonNull).toList();
    }

    /** The cases of one part share a database, and are played one after the other. */
    private static Map<String, List<Case>> parts(List<Case> cases) {
        Map<String, List<Case>> parts = new LinkedHashMap<>();
        var lane = 0;
        for (var next : cases) {
            var kind = next.scenario().world();
            var part = next.kind().killsDatabase()
                    ? "mortal"
                    : kind == World.Kind.STANDARD ? "lane_" + lane++ % LANES : kind.name();
            parts.computeIfAbsent(part, _ -> new ArrayList<>()).add(next);
        }
        return parts;
    }

    private static List<Row> play(World world, List<Case> cases, Runnable progress) throws Exception {
        List<Played> played = new ArrayList<>();
        for (var next : cases) {
            var death = world.run(next.encoded());
            if (next.kind().killsDatabase()) {
                world.restartServer();
            }
            var order = death.told("order").stream().map(UUID::fromString).findFirst();
            if (order.isEmpty()) {
                throw new IllegalStateException("a child did not begin:\n" + String.join("\n", death.output()));
            }
            played.add(new Played(next, death, order.get(), world.stateOf(order.get())));
            progress.run();
        }
        var recovery = world.run(Child.RECOVER);
        var verdict = world.audit();
        List<Row> rows = new ArrayList<>();
        for (var one : played) {
            var end = world.stateOf(one.order);
            var wrong = new ArrayList<String>();
            if (recovery.exit() != 0) {
                wrong.add("recovery did not finish: " + String.join("\n", recovery.output()));
            }
            wrong.addAll(wrongs(one, end));
            wrong.addAll(violations(verdict, one.order));
            if (world.neededAttention(one.order) && !one.played.scenario().mayNeedAttention()) {
                wrong.add("the order needed attention");
            }
            rows.add(new Row(
                    one.played, befell(one), one.found, end, wrong.isEmpty() ? null : String.join("; ", wrong)));
        }
        return rows;
    }

    private static boolean befell(Played one) {
        return one.played.kind() == Case.Kind.HALT
                ? one.death.exit() == Blow.HALTED
                : one.death.exit() == 0 && !one.death.told("fallen").isEmpty();
    }

    private static List<String> wrongs(Played one, String end) {
        List<String> wrongs = new ArrayList<>();
        if (!befell(one)) {
            wrongs.add(
                    one.death.exit() == 0
                            ? "point not reached"
                            : "the process ended with " + one.death.exit() + ": "
                                    + String.join("\n", one.death.output()));
        }
        var ends = one.played.scenario().ends();
        var status = end.split(" ")[0];
        if (one.found.startsWith("no order")) {
            if (!end.equals("no order · - · - · -")) {
                wrongs.add("no order was recorded, but there is a trace of it");
            }
            if (!one.death.told("answered").isEmpty()) {
                wrongs.add("the customer was told of the order, and it is lost");
            }
        } else if (!ends.contains(status)) {
            wrongs.add("the order should end as one of " + ends);
        }
        one.death.told("answered").stream()
                .filter(answer -> switch (answer) {
                    case "PENDING", "NEEDS_ATTENTION" -> false;
                    case "CANCELLING" -> !status.equals("CANCELLED");
                    default -> !answer.equals(status);
                })
                .forEach(answer -> wrongs.add("the customer was told " + answer));
        return wrongs;
    }

    /**
     * The violations that concern the order, or all orders. An invariant that was not judged counts against each order.
     */
    private static List<String> violations(Verdict verdict, UUID order) {
        List<String> violations = new ArrayList<>();
        verdict.invariants().forEach((invariant, finding) -> {
            finding.violations().stream()
                    .filter(violation ->
                            violation.orderId() == null || violation.orderId().equals(order))
                    .forEach(violation -> violations.add(invariant + ": " + violation.why()));
            var isJudged = finding.held() != null || verdict.orders() == 0;
            if (AtRest.JUDGED.contains(invariant) && (!isJudged || finding.inFlight() > 0)) {
                violations.add(invariant + " was not judged for all orders");
            }
        });
        return violations;
    }

    /** Starts a server with a template that has all tables. */
    private Server server(String name) throws IOException, SQLException, InterruptedException {
        var started = new Server(folder.resolve(name));
        try (var first = new World(World.Kind.STANDARD, started, jvm, folder, name + "_migrated", "template1")) {
            var migration = first.run(Child.MIGRATE);
            if (migration.exit() != 0) {
                throw new IllegalStateException("cannot migrate:\n" + String.join("\n", migration.output()));
            }
        }
        return started;
    }

    private World world(World.Kind kind, String name, Server on) throws IOException, SQLException {
        var template = (on == mortal ? "mortal" : "postgres") + "_migrated";
        var world = new World(kind, on, jvm, folder, (kind + "_" + name).toLowerCase(Locale.ROOT), template);
        worlds.add(world);
        return world;
    }

    private Server mortal() throws IOException, SQLException, InterruptedException {
        var started = mortal;
        if (started == null) {
            started = server("mortal");
            mortal = started;
        }
        return started;
    }

    private static <T> List<T> all(List<Callable<T>> work) throws Exception {
        try (var lanes = Executors.newFixedThreadPool(LANES)) {
            List<T> results = new ArrayList<>();
            for (var result : lanes.invokeAll(work)) {
                results.add(result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    public void close() throws IOException {
        worlds.forEach(World::close);
        server.close();
        if (mortal != null) {
            mortal.close();
        }
    }
}
