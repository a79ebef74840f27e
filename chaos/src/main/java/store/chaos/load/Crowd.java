package store.chaos.load;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import store.chaos.journal.Journal;
import store.chaos.load.Plan.Kind;
import store.chaos.load.Plan.Profile;

/**
 * Customers for other instruments, who come until they are told that it is enough: each checks out with one of all test cards and repeats
 * the key until the order's end is known; some cancel, some expect another price.
 */
public final class Crowd implements AutoCloseable {

    private static final int CUSTOMERS = 50;
    private static final Map<Kind, Double> MIX = Map.of(Kind.CHECKOUT, 87.0, Kind.CANCEL, 10.0, Kind.OUTDATED, 3.0);
    private static final Map<String, Double> CARDS = Map.of(
            "tok_visa", 82.0,
            "tok_declined", 3.0,
            "tok_insufficient_funds", 3.0,
            "tok_slow", 4.0,
            "tok_silent", 3.0,
            "tok_unavailable", 3.0,
            "tok_fraud_later", 2.0);

    private final Shop shop;
    private final Plan plan;
    private final Results results;
    private final Driver driver;

    /**
     * Makes them guests of the store.
     *
     * @param rate as {@code chaos/load --rate} has it
     * @param atMost how long they come if nobody stops them
     * @param patience how long each order is followed up
     * @throws IOException if the store does not take them
     */
    public Crowd(URI store, Journal journal, long seed, String rate, Duration atMost, Duration patience)
            throws IOException, InterruptedException {
        shop = new Shop(store, journal::add);
        var products = shop.products();
        plan = new Plan(seed, Rate.parse(rate), atMost, MIX, CARDS, Profile.SPREAD, products.size(), CUSTOMERS);
        results = new Results(plan);
        driver = new Driver(shop, products, shop.guests(CUSTOMERS), patience, results);
    }

    /**
     * Returns when everybody who came is through.
     *
     * @throws InterruptedException after giving up all that is under way
     */
    public void come() throws InterruptedException {
        driver.run(plan);
    }

    /** Nobody comes any more; who has come stays until the end. */
    public void enough() {
        driver.stop();
    }

    /** Who has been answered at least once, or has waited in vain. */
    public long answered() {
        return results.total(0).outcomes().values().stream()
                .mapToLong(count -> count)
                .sum();
    }

    /** Who has come and is not through. */
    public int underWay() {
        return driver.open();
    }

    /** First answers by kind. */
    public Map<String, Long> firstAnswers() {
        return byName(results.total(0).outcomes());
    }

    /** How orders ended, as far as they did; OPEN and UNACKNOWLEDGED when patience ran out, GONE who was turned away and left. */
    public Map<String, Long> ends() {
        return byName(results.ends());
    }

    /** Why the customers were not as they were meant to be; empty if they were. */
    public List<String> doubts() {
        return results.doubts();
    }

    private static Map<String, Long> byName(Map<? extends Enum<?>, Long> counts) {
        var named = new TreeMap<String, Long>();
        counts.forEach((kind, count) -> {
            if (count > 0) {
                named.put(kind.name(), count);
            }
        });
        return named;
    }

    @Override
    public void close() {
        shop.close();
    }
}
