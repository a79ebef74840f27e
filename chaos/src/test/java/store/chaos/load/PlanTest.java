package store.chaos.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import store.chaos.load.Plan.Arrival;
import store.chaos.load.Plan.Kind;
import store.chaos.load.Plan.Profile;

class PlanTest {

    private static final Map<Kind, Double> MIX = Map.of(Kind.CHECKOUT, 3.0, Kind.BROWSE, 1.0, Kind.CANCEL, 0.0);
    private static final Map<String, Double> CARDS = Map.of("tok_visa", 90.0, "tok_slow", 10.0);

    @Test
    void theSameSeedHasTheSameArrivals() {
        assertThat(arrivals(7, "10,10..100", Profile.SPREAD)).isEqualTo(arrivals(7, "10,10..100", Profile.SPREAD));
        assertThat(arrivals(7, "30", Profile.SPREAD)).isNotEqualTo(arrivals(8, "30", Profile.SPREAD));
    }

    @Test
    void theProfileDoesNotMoveTheTimesOfArrivals() {
        assertThat(arrivals(7, "30", Profile.HOT))
                .extracting(Arrival::atNanos)
                .isEqualTo(arrivals(7, "30", Profile.SPREAD).stream()
                        .map(Arrival::atNanos)
                        .toList());
    }

    /** 100 s at 200 a second; in a Poisson process, counts have the variance of their mean. The bounds are five standard deviations. */
    @Test
    void arrivalsAreAPoissonProcess() {
        var perSecond = new int[100];
        var arrivals = arrivals(1, "200", Profile.SPREAD);
        arrivals.forEach(arrival -> perSecond[(int) (arrival.atNanos() / 1_000_000_000)]++);
        var mean = arrivals.size() / 100.0;
        assertThat(mean).isCloseTo(200, within(5 * Math.sqrt(200 / 100.0)));
        var variance = 0.0;
        for (var count : perSecond) {
            variance += (count - mean) * (count - mean) / 99;
        }
        assertThat(variance).isCloseTo(200, within(5 * 200 * Math.sqrt(2 / 99.0)));
        assertThat(arrivals).extracting(Arrival::atNanos).isSorted();
        assertThat(arrivals).extracting(Arrival::key).doesNotHaveDuplicates();
    }

    @Test
    void stepsAndRampsFollowTheRate() {
        var steps = arrivals(1, "20,0,200", Profile.SPREAD);
        var third = 100e9 / 3;
        assertThat(steps.stream().filter(arrival -> arrival.atNanos() < third).count())
                .isCloseTo(667, within(130L));
        assertThat(steps.stream()
                        .filter(arrival -> arrival.atNanos() >= third && arrival.atNanos() < 2 * third)
                        .count())
                .isZero();
        var ramp = arrivals(1, "0..200", Profile.SPREAD);
        assertThat(ramp).hasSizeBetween(9500, 10500);
        assertThat(ramp.stream().filter(arrival -> arrival.atNanos() < 50e9).count())
                .as("a quarter of a ramp's area is in its first half")
                .isCloseTo(2500, within(250L));
    }

    @Test
    void sharesAreKept() {
        var arrivals = arrivals(1, "200", Profile.SPREAD);
        assertThat(share(arrivals, arrival -> arrival.kind() == Kind.BROWSE)).isCloseTo(0.25, within(0.02));
        assertThat(share(arrivals, arrival -> arrival.kind() == Kind.CANCEL)).isZero();
        assertThat(share(arrivals, arrival -> arrival.card().equals("tok_slow")))
                .isCloseTo(0.1, within(0.015));
        assertThat(share(
                        arrivals(1, "200", Profile.HOT),
                        arrival -> arrival.lines().getFirst().product() == 0))
                .isCloseTo(0.902, within(0.015));
        assertThat(share(arrivals, arrival -> arrival.lines().getFirst().product() == 0))
                .isCloseTo(0.02, within(0.008));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "NaN", "1e9", "10,", "10..", "..5", "fast"})
    void refusesInvalidRates(String text) {
        assertThatThrownBy(() -> Rate.parse(text)).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void refusesInvalidShares() {
        assertThatThrownBy(() -> plan(1, "30", Profile.HOT, Map.of(Kind.BROWSE, 0.0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> plan(1, "30", Profile.HOT, Map.of(Kind.BROWSE, -1.0, Kind.CHECKOUT, 2.0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static double share(List<Arrival> arrivals, Predicate<Arrival> which) {
        return arrivals.stream().filter(which).count() / (double) arrivals.size();
    }

    private static List<Arrival> arrivals(long seed, String rate, Profile profile) {
        var arrivals = new ArrayList<Arrival>();
        plan(seed, rate, profile, MIX).arrivals().forEachRemaining(arrivals::add);
        return arrivals;
    }

    private static Plan plan(long seed, String rate, Profile profile, Map<Kind, Double> mix) {
        return new Plan(seed, Rate.parse(rate), Duration.ofSeconds(100), mix, CARDS, profile, 50, 20);
    }
}
