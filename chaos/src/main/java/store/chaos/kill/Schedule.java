package store.chaos.kill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import store.chaos.fault.Kind;

/**
 * Which faults come in which order, how long each lasts, and how fast orders arrive meanwhile. All of it follows from the seed and the
 * names of the parts and links.
 */
final class Schedule {

    /** Longer than a request's lease of 5 s: the lease has run out when its holder goes on. */
    private static final Duration PAST_A_LEASE = Duration.ofSeconds(7);

    private static final List<String> LEASE_HOLDERS = List.of("order-service", "monolith");

    private static final Duration LINK_BROKEN = Duration.ofSeconds(2);
    private static final int LINKS_BROKEN = 5;

    /** The rate rises over this time, because a store that has just started has compiled nothing and serves little on two cores. */
    static final Duration WARM_UP = Duration.ofSeconds(45);

    /** A restarted process has compiled nothing either. The next fault finds it at work, and sometimes still recovering. */
    private static final Duration HEALTHY = Duration.ofSeconds(2);

    private static final int HEALTHY_MORE_MILLIS = 3000;

    private static final int STRETCH_SECONDS = 5;

    /** @param healthy the time between the end of the fault before and the start of this one */
    record Planned(Kind kind, String target, Duration length, Duration healthy) {}

    private final Random random;
    private final List<String> parts;
    private final List<String> links;

    Schedule(long seed, List<String> parts, List<String> links) {
        this.random = new Random(seed);
        this.parts = parts;
        this.links = links;
    }

    /** Kills every part in turn, then pauses each, then cuts some links or loses their answers. Each call gives another round. */
    List<Planned> round() {
        var round = new ArrayList<Planned>();
        shuffled(parts).forEach(part -> round.add(planned(Kind.KILL, part, upTo(2000))));
        shuffled(parts).forEach(part -> round.add(planned(Kind.PAUSE, part, pause(part))));
        shuffled(links).stream()
                .limit(LINKS_BROKEN)
                .forEach(link ->
                        round.add(planned(random.nextInt(4) == 0 ? Kind.CUT : Kind.LOSE_ANSWERS, link, LINK_BROKEN)));
        return round;
    }

    private Duration pause(String part) {
        return LEASE_HOLDERS.stream().anyMatch(part::startsWith)
                ? PAST_A_LEASE
                : Duration.ofMillis(1500).plus(upTo(1500));
    }

    private Planned planned(Kind kind, String target, Duration length) {
        return new Planned(kind, target, length, HEALTHY.plus(upTo(HEALTHY_MORE_MILLIS)));
    }

    private Duration upTo(int millis) {
        return Duration.ofMillis(1 + random.nextInt(millis));
    }

    private List<String> shuffled(List<String> names) {
        var shuffled = new ArrayList<>(names);
        Collections.sort(shuffled);
        Collections.shuffle(shuffled, random);
        return shuffled;
    }

    /** Arrivals a second in the form of {@code chaos/load --rate}: after the warm-up, up and down between two bounds. */
    static String rate(RandomGenerator random, double fromPerSecond, double toPerSecond, Duration length) {
        var warmUp = WARM_UP.toSeconds() / STRETCH_SECONDS;
        var levels = Stream.concat(
                        LongStream.range(0, warmUp).mapToObj(step -> fromPerSecond * step / warmUp),
                        Stream.generate(() -> fromPerSecond + random.nextDouble() * (toPerSecond - fromPerSecond)))
                .map(level -> String.format(Locale.ROOT, "%.1f", level))
                .limit(length.toSeconds() / STRETCH_SECONDS + 1)
                .toList();
        var ramps = new ArrayList<String>();
        for (var i = 1; i < levels.size(); i++) {
            ramps.add(levels.get(i - 1) + ".." + levels.get(i));
        }
        return String.join(",", ramps);
    }
}
