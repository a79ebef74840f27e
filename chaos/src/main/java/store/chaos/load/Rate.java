package store.chaos.load;

import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Arrivals per second over the length of a run: stretches of equal length, each level or a ramp. Written {@code 30}, {@code 10,50,100}
 * (steps), {@code 10..100} (a ramp), or mixed: {@code 10,10..100,100}.
 */
record Rate(String text, List<Stretch> stretches) {

    /** Above this rate one process could not keep to its times. */
    private static final double PER_SECOND_MAX = 10_000;

    record Stretch(double fromPerSecond, double toPerSecond) {

        @Override
        public String toString() {
            return fromPerSecond == toPerSecond ? "" + fromPerSecond : fromPerSecond + ".." + toPerSecond;
        }

        double meanPerSecond() {
            return (fromPerSecond + toPerSecond) / 2;
        }
    }

    static Rate parse(String text) {
        return new Rate(text, Stream.of(text.split(",", -1)).map(Rate::stretch).toList());
    }

    private static Stretch stretch(String text) {
        var ends = Stream.of(text.split("\\.\\.", 2))
                .mapToDouble(Double::parseDouble)
                .toArray();
        for (var end : ends) {
            if (!(end >= 0 && end <= PER_SECOND_MAX)) {
                throw new NumberFormatException(end + " per second");
            }
        }
        return new Stretch(ends[0], ends[ends.length - 1]);
    }

    boolean isLevel() {
        return stretches.size() == 1
                && stretches.getFirst().fromPerSecond() == stretches.getFirst().toPerSecond();
    }

    /**
     * Successive instants of a Poisson process with this rate, in seconds from the beginning; infinite once the run is over. Unit
     * exponential gaps are laid along the integral of the rate, and the integral is inverted.
     */
    DoubleSupplier instants(double seconds, RandomGenerator random) {
        var stretchSeconds = seconds / stretches.size();
        return new DoubleSupplier() {
            private int current;
            /** The part of the integral that is still to cross, from the beginning of the current stretch. */
            private double expected;

            @Override
            public double getAsDouble() {
                expected -= StrictMath.log1p(-random.nextDouble());
                while (current < stretches.size()) {
                    var stretch = stretches.get(current);
                    var area = stretch.meanPerSecond() * stretchSeconds;
                    if (expected < area) {
                        var from = stretch.fromPerSecond();
                        var slope = (stretch.toPerSecond() - from) / stretchSeconds;
                        var root = Math.sqrt(Math.max(0, from * from + 2 * slope * expected));
                        return current * stretchSeconds + 2 * expected / (from + root);
                    }
                    expected -= area;
                    current++;
                }
                return Double.POSITIVE_INFINITY;
            }
        };
    }
}
