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
 * Every point of every scenario, and what becomes of an order whose process dies there. The points are those that a rehearsal of the
 * scenario reaches. Then one child after the other plays a scenario and dies at one of them, and takes up what earlier ones have left as it
 * goes; the last one runs as the store does, until nothing is open.
 */
final class CrashMatrix implements AutoCloseable {

    /** Children at a time, each on a database of its own: while one starts, another waits for an acquirer that does not answer. */
    private static final int LANES = Runtime.getRuntime().availableProcessors() + 1;

    /** Where the database dies too. Between them they take every COMMIT of a purchase, and those of a compensation. */
    private static final Set<Scenario> DATABASE_KILLED =
            EnumSet.of(Scenario.CONFIRMED, Scenario.CANCELLED_WHILE_PENDING);

    /**
     * What became of a case.
     *
     * @param befell whether what was to befall it did: a point that is not reached is a failure
     * @param found what was on record right afterwards: the order, its reservation, its payment, what moved at the acquirer
     * @param end the same at last
     * @param wrong what went wrong, or null
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
     * The points that each scenario reaches when nothing happens, in sequence.
     *
     * @param manyCases whether it is worth some seconds that every other child starts sooner
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
     * What can befall a store that gets along like this. Points between which nothing is done, neither in a database nor by a peer, are one
     * case: to all who live on, dying at one of them is dying at any.
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

    /** A step with no step in it is done by somebody else. */
    private static boolean isDoneBetween(Point point, Point next) {
        return point.moment() == Moment.BEFORE && next.moment() == Moment.AFTER;
    }

    /** A statement's side is that of its method, too. */
    private static String sides(List<Point> points) {
        return points.stream()
                .filter(point -> points.stream()
                        .noneMatch(other -> other != point && other.step().equals(point.step() + ": statement")))
                .map(Point::toString)
                .collect(Collectors.joining(", "));
    }

    /** Plays them all; the rows come in the same sequence. */
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

    /** Those of one part share a database, and are played one after the other. */
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
                wrong.add("recovery did not come to an end: " + String.join("\n", recovery.output()));
            }
            wrong.addAll(wrongs(one, end));
            wrong.addAll(violations(verdict, one.order));
            if (world.neededAttention(one.order) && !one.played.scenario().mayNeedAttention()) {
                wrong.add("it needed attention");
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
                wrongs.add("there was no order, and then there was something of it");
            }
            if (!one.death.told("answered").isEmpty()) {
                wrongs.add("the customer had been told of it, and it is lost");
            }
        } else if (!ends.contains(status)) {
            wrongs.add("ends otherwise than " + ends);
        }
        one.death.told("answered").stream()
                .filter(answer -> switch (answer) {
                    case "PENDING", "NEEDS_ATTENTION" -> false;
                    case "CANCELLING" -> !status.equals("CANCELLED");
                    default -> !answer.equals(status);
                })
                .forEach(answer -> wrongs.add("the customer had been told " + answer));
        return wrongs;
    }

    /** Of the order, and of all of them together. What was not judged counts against each. */
    private static List<String> violations(Verdict verdict, UUID order) {
        List<String> violations = new ArrayList<>();
        verdict.invariants().forEach((invariant, finding) -> {
            finding.violations().stream()
                    .filter(violation ->
                            violation.orderId() == null || violation.orderId().equals(order))
                    .forEach(violation -> violations.add(invariant + ": " + violation.why()));
            var isJudged = finding.held() != null || verdict.orders() == 0;
            if (AtRest.JUDGED.contains(invariant) && (!isJudged || finding.inFlight() > 0)) {
                violations.add(invariant + " was not judged of all orders");
            }
        });
        return violations;
    }

    /** One whose databases can begin with all their tables. */
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
