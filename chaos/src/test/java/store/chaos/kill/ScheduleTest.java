package store.chaos.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import store.chaos.fault.Kind;
import store.chaos.kill.Schedule.Planned;

class ScheduleTest {

    private static final List<String> PARTS = List.of("gateway", "order-service-1", "order-service-2", "order-db");
    private static final List<String> LINKS =
            List.of("a:b", "a:c", "a:d", "b:c", "b:d", "c:d", "order-service-1:order-db");

    @Test
    void killsEveryPartAndThenPausesEachAndThenBreaksLinks() {
        var round = new Schedule(1, PARTS, LINKS).round();

        assertThat(targets(round, 0, 4, Kind.KILL)).containsExactlyInAnyOrderElementsOf(PARTS);
        assertThat(targets(round, 4, 8, Kind.PAUSE)).containsExactlyInAnyOrderElementsOf(PARTS);
        assertThat(round.subList(8, round.size())).hasSize(5).allSatisfy(fault -> {
            assertThat(fault.kind()).isIn(Kind.CUT, Kind.LOSE_ANSWERS);
            assertThat(LINKS).contains(fault.target());
        });
        assertThat(round).allSatisfy(fault -> assertThat(fault.healthy()).isPositive());
    }

    @Test
    void pausesLeaseHoldersForLongerThanALease() {
        var paused = new Schedule(1, PARTS, LINKS)
                .round().stream()
                        .filter(fault -> fault.kind() == Kind.PAUSE)
                        .filter(fault -> fault.length().compareTo(Duration.ofSeconds(5)) > 0)
                        .map(Planned::target);

        assertThat(paused).containsExactlyInAnyOrder("order-service-1", "order-service-2");
    }

    @Test
    void followsFromTheSeedForAnyOrderOfTheParts() {
        var again = new Schedule(1, PARTS.reversed(), LINKS.reversed());

        assertThat(again.round()).isEqualTo(new Schedule(1, PARTS, LINKS).round());
        assertThat(again.round()).isNotEqualTo(new Schedule(1, PARTS, LINKS).round());
        assertThat(new Schedule(2, PARTS, LINKS).round()).isNotEqualTo(new Schedule(1, PARTS, LINKS).round());
    }

    @Test
    void theRateStaysWithinItsBoundsAfterTheWarmUp() {
        var ramps = Schedule.rate(new Random(7), 20, 40, Duration.ofSeconds(90)).split(",");

        assertThat(ramps).hasSize(18).doesNotHaveDuplicates().startsWith("0.0..2.2", "2.2..4.4");
        assertThat(Stream.of(ramps).skip(9).flatMap(ramp -> Stream.of(ramp.split("\\.\\.", 2))))
                .allSatisfy(level -> assertThat(Double.parseDouble(level)).isBetween(20.0, 40.0));
    }

    private static List<String> targets(List<Planned> round, int from, int to, Kind kind) {
        return round.subList(from, to).stream()
                .filter(fault -> fault.kind() == kind)
                .map(Planned::target)
                .toList();
    }
}
