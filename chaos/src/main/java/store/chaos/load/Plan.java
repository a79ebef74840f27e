package store.chaos.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Which customers come when, and for what. These values alone decide it: the same plan has the same arrivals, on any machine and
 * whatever the store answers.
 *
 * @param mix shares of kinds of arrivals
 * @param cards shares of card tokens
 * @param products how many products there are to choose from
 * @param customers how many customers there are; each arrival draws one
 */
record Plan(
        long seed,
        Rate rate,
        Duration length,
        Map<Kind, Double> mix,
        Map<String, Double> cards,
        Profile profile,
        int products,
        int customers) {

    /**
     * {@code CANCEL} is a checkout that its customer cancels while it is pending; {@code OUTDATED} is one whose customer expects another
     * price.
     */
    enum Kind {
        BROWSE,
        CHECKOUT,
        CANCEL,
        OUTDATED
    }

    /** Nine in ten customers want the first product, or all products are wanted alike. */
    enum Profile {
        HOT,
        SPREAD
    }

    /** @param product counted from 0 */
    record Line(int product, int quantity) {}

    /**
     * @param number from 0
     * @param atNanos from the run's beginning
     * @param lines of the checkout; a customer who browses looks at the product of the first
     * @param browsesAll looks at the whole catalogue instead
     * @param repeats sends a checkout once more after its final answer, as an impatient customer does
     * @param givesUp leaves when the first answer says that nothing was done; then the store must never do anything for this key
     */
    record Arrival(
            long number,
            long atNanos,
            Kind kind,
            List<Line> lines,
            boolean browsesAll,
            String card,
            int customer,
            String key,
            boolean repeats,
            boolean givesUp) {}

    private static final double HOT_SHARE = 0.9;
    private static final double BROWSES_ALL_SHARE = 0.2;
    private static final double REPEATS_SHARE = 0.05;
    private static final double GIVES_UP_SHARE = 0.05;
    private static final int LINES_MAX = 3;
    private static final int QUANTITY_MAX = 2;

    Plan {
        mix = new TreeMap<>(mix);
        cards = new TreeMap<>(cards);
        requireShares(mix.values());
        requireShares(cards.values());
        if (length.isNegative() || length.isZero() || products < 1 || customers < 1) {
            throw new IllegalArgumentException("length, products and customers must be positive");
        }
    }

    private static void requireShares(Collection<Double> shares) {
        var sum = shares.stream().mapToDouble(share -> share).sum();
        if (shares.stream().anyMatch(share -> !(share >= 0)) || !(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("shares must not be negative, nor all 0");
        }
    }

    /** The same customers only browse, at a rate that rises from 0 to the first rate of this plan. */
    Plan browsingBefore(Duration warmUp) {
        var first = rate.stretches().getFirst();
        var rising = Rate.parse("0.." + Math.max(first.fromPerSecond(), first.toPerSecond()));
        return new Plan(~seed, rising, warmUp, Map.of(Kind.BROWSE, 1.0), cards, profile, products, customers);
    }

    double seconds() {
        return length.toNanos() / 1e9;
    }

    /** In the order of their times. */
    Iterator<Arrival> arrivals() {
        var times = rate.instants(seconds(), new SplittableRandom(seed));
        var contents = new SplittableRandom(~seed);
        return new Iterator<>() {
            private long number;
            private double next = times.getAsDouble();

            @Override
            public boolean hasNext() {
                return next < seconds();
            }

            @Override
            public Arrival next() {
                // Each arrival has a generator of its own, so that the draws of one do not change the others.
                var arrival = arrival(number++, (long) (next * 1e9), contents.split());
                next = times.getAsDouble();
                return arrival;
            }
        };
    }

    private Arrival arrival(long number, long atNanos, RandomGenerator random) {
        return new Arrival(
                number,
                atNanos,
                pick(mix, random),
                lines(random),
                random.nextDouble() < BROWSES_ALL_SHARE,
                pick(cards, random),
                random.nextInt(customers),
                new UUID(random.nextLong(), random.nextLong()).toString(),
                random.nextDouble() < REPEATS_SHARE,
                random.nextDouble() < GIVES_UP_SHARE);
    }

    private List<Line> lines(RandomGenerator random) {
        if (profile == Profile.HOT) {
            return List.of(new Line(random.nextDouble() < HOT_SHARE ? 0 : random.nextInt(products), 1));
        }
        var lines = new ArrayList<Line>();
        for (var count = random.nextInt(1, LINES_MAX + 1); count > 0; count--) {
            lines.add(new Line(random.nextInt(products), random.nextInt(1, QUANTITY_MAX + 1)));
        }
        return List.copyOf(lines);
    }

    private static <T> T pick(Map<T, Double> shares, RandomGenerator random) {
        var sum = shares.values().stream().mapToDouble(share -> share).sum();
        // A little less than the sum, so that rounding errors cannot lead past the last share.
        var left = new double[] {random.nextDouble() * sum * (1 - 1e-9)};
        return shares.entrySet().stream()
                .filter(share -> (left[0] -= share.getValue()) < 0)
                .findFirst()
                .orElseThrow()
                .getKey();
    }
}
