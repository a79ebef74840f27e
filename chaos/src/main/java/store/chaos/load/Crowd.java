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
 * Customers for other instruments, who come until {@link #enough}. Each checks out with one of all test cards and repeats the key until
 * the order's end is known; some cancel, some expect another price.
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
     * Makes the customers guests of the store.
     *
     * @param rate as {@code chaos/load --rate} has it
     * @param atMost how long customers come if {@link #enough} is not called
     * @param patience how long each order is followed up
     * @throws IOException if the store takes no guests
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
     * Returns when every customer who came has finished.
     *
     * @throws InterruptedException after giving up the checkouts under way
     */
    public void come() throws InterruptedException {
        driver.run(plan);
    }

    /** Lets no more customers come; those who came finish their checkouts. */
    public void enough() {
        driver.stop();
    }

    /** Customers who have had their first answer, or have waited for it in vain. */
    public long answered() {
        return results.total(0).outcomes().values().stream()
                .mapToLong(count -> count)
                .sum();
    }

    /** Customers who have come and have not finished. */
    public int underWay() {
        return driver.open();
    }

    /** First answers by kind. */
    public Map<String, Long> firstAnswers() {
        return byName(results.total(0).outcomes());
    }

    /** How checkouts have ended: OPEN and UNACKNOWLEDGED if patience ran out, GONE if the customer was turned away and left. */
    public Map<String, Long> ends() {
        return byName(results.ends());
    }

    /** Why the load was not the planned one; empty if it was. */
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
