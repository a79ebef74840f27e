package store.chaos.load;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import store.chaos.load.Outcome.End;
import store.chaos.load.Plan.Arrival;
import store.chaos.load.Plan.Kind;

/** Outcomes of the arrivals so far. Latencies count from the planned arrival, whenever the request was sent. */
final class Results {

    /** Above this lag the driver did not send what was planned. */
    private static final double LAG_P99_MAX_MILLIS = 10;

    /** Microseconds to 3 digits, without an upper limit. */
    static final class Latencies extends ConcurrentHistogram {
        private static final long serialVersionUID = 1;

        Latencies() {
            super(3);
        }

        void record(long nanos) {
            recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(nanos)));
        }
    }

    /** First answers of one stretch. */
    private record Stretch(Latencies browse, Latencies checkout) {}

    private final Plan plan;
    private final LongAdder[][] bySecond;
    private final List<Stretch> firstAnswers;
    private final LongAdder[] ends = counters(End.values().length);
    private final Latencies untilFinal = new Latencies();
    private final Latencies lags = new Latencies();

    Results(Plan plan) {
        this.plan = plan;
        this.bySecond = Stream.generate(() -> counters(Outcome.values().length))
                .limit((long) Math.ceil(plan.seconds()))
                .toArray(LongAdder[][]::new);
        this.firstAnswers = plan.rate().stretches().stream()
                .map(_ -> new Stretch(new Latencies(), new Latencies()))
                .toList();
    }

    private static LongAdder[] counters(int count) {
        return Stream.generate(LongAdder::new).limit(count).toArray(LongAdder[]::new);
    }

    void sent(long lagNanos) {
        lags.record(lagNanos);
    }

    void dropped(Arrival arrival) {
        count(arrival, Outcome.DROPPED);
    }

    void answered(Arrival arrival, Outcome outcome, long nanos) {
        count(arrival, outcome);
        var stretch = firstAnswers.get(
                (int) (arrival.atNanos() * firstAnswers.size() / plan.length().toNanos()));
        (arrival.kind() == Kind.BROWSE ? stretch.browse() : stretch.checkout()).record(nanos);
    }

    private void count(Arrival arrival, Outcome outcome) {
        bySecond[(int) TimeUnit.NANOSECONDS.toSeconds(arrival.atNanos())][outcome.ordinal()].increment();
    }

    void ended(End end) {
        ends[end.ordinal()].increment();
    }

    void becameFinal(long nanos) {
        untilFinal.record(nanos);
    }

    /** Milliseconds. @param count of the recorded values */
    record Percentiles(long count, double p50, double p90, double p99, double p999, double max) {

        static Percentiles of(Histogram micros) {
            return new Percentiles(
                    micros.getTotalCount(),
                    micros.getValueAtPercentile(50) / 1e3,
                    micros.getValueAtPercentile(90) / 1e3,
                    micros.getValueAtPercentile(99) / 1e3,
                    micros.getValueAtPercentile(99.9) / 1e3,
                    micros.getMaxValue() / 1e3);
        }

        private static Percentiles of(Stream<Latencies> parts) {
            var all = new Histogram(3);
            parts.forEach(all::add);
            return of(all);
        }
    }

    /** A stretch of the run, or all of it. Each outcome belongs to the second of its planned arrival. */
    record Section(
            String perSecond,
            double seconds,
            Map<Outcome, Long> outcomes,
            Percentiles browseMillis,
            Percentiles checkoutMillis) {}

    Section total(double seconds) {
        return section(plan.rate().text(), seconds, 0, bySecond.length, 0, firstAnswers.size());
    }

    /** One section for each stretch; a second that two stretches share counts for the earlier. */
    List<Section> steps() {
        var seconds = plan.seconds() / firstAnswers.size();
        return IntStream.range(0, firstAnswers.size())
                .mapToObj(step -> section(
                        plan.rate().stretches().get(step).toString(),
                        seconds,
                        (int) Math.ceil(step * seconds),
                        (int) Math.ceil((step + 1) * seconds),
                        step,
                        step + 1))
                .toList();
    }

    private Section section(String perSecond, double seconds, int from, int to, int firstStep, int lastStep) {
        var outcomes = new EnumMap<Outcome, Long>(Outcome.class);
        for (var outcome : Outcome.values()) {
            outcomes.put(
                    outcome,
                    Arrays.stream(bySecond, from, Math.min(to, bySecond.length))
                            .mapToLong(second -> second[outcome.ordinal()].sum())
                            .sum());
        }
        var steps = firstAnswers.subList(firstStep, lastStep);
        return new Section(
                perSecond,
                seconds,
                outcomes,
                Percentiles.of(steps.stream().map(Stretch::browse)),
                Percentiles.of(steps.stream().map(Stretch::checkout)));
    }

    /** The outcomes of each second, without those that did not occur. */
    List<Map<Outcome, Long>> timeline() {
        return Arrays.stream(bySecond)
                .map(second -> {
                    Map<Outcome, Long> counts = new TreeMap<>();
                    for (var outcome : Outcome.values()) {
                        if (second[outcome.ordinal()].sum() > 0) {
                            counts.put(outcome, second[outcome.ordinal()].sum());
                        }
                    }
                    return counts;
                })
                .toList();
    }

    Map<End, Long> ends() {
        var counts = new EnumMap<End, Long>(End.class);
        for (var end : End.values()) {
            counts.put(end, ends[end.ordinal()].sum());
        }
        return counts;
    }

    Percentiles untilFinalMillis() {
        return Percentiles.of(untilFinal);
    }

    Percentiles lagMillis() {
        return Percentiles.of(lags);
    }

    /** Why the figures of this run say nothing about the store; empty if they do. */
    List<String> doubts() {
        var dropped = total(0).outcomes().getOrDefault(Outcome.DROPPED, 0L);
        return Stream.of(
                        lagMillis().p99() > LAG_P99_MAX_MILLIS
                                ? "99th percentile of the send lag is %.1f ms"
                                        .formatted(lagMillis().p99())
                                : "",
                        dropped > 0 ? dropped + " arrivals were dropped" : "",
                        ends[End.INVALID.ordinal()].sum() > 0 ? "the store answered that requests are invalid" : "")
                .filter(doubt -> !doubt.isEmpty())
                .toList();
    }
}
