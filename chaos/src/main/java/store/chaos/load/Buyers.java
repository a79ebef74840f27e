package store.chaos.load;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import store.chaos.load.Plan.Line;
import store.chaos.load.Results.Latencies;
import store.chaos.load.Results.Percentiles;
import store.chaos.load.Shop.Customer;
import store.chaos.load.Shop.Product;

/** Guests of one store who buy one piece of one product after the other, with a good card. Their attempts are in no journal. */
final class Buyers implements AutoCloseable {

    /** Makes neighbours buy different products. */
    private static final int STRIDE = 7;

    /**
     * One turn's confirmed checkouts; latencies count from when each was to begin.
     *
     * @param others answers that were not 201
     */
    record Turn(double p50Millis, double p99Millis, long others) {}

    private final Shop shop;
    private final List<Product> products;
    private final List<Customer> guests;

    /** @throws IOException if the store does not take them */
    Buyers(URI store, int count) throws IOException, InterruptedException {
        shop = new Shop(store, _ -> {});
        products = shop.products();
        guests = shop.guests(count);
    }

    /**
     * A closed loop: each guest waits for an answer before the next checkout.
     *
     * @return answers by status, the last ones included
     */
    ConcurrentSkipListMap<Integer, Long> loop(Duration length) throws InterruptedException, ExecutionException {
        var end = System.nanoTime() + length.toNanos();
        var answers = new ConcurrentSkipListMap<Integer, Long>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<?>>();
            for (var guest : guests) {
                var first = running.size() * STRIDE;
                running.add(executor.submit(() -> {
                    for (var product = first; System.nanoTime() < end; product++) {
                        answers.merge(buy(guest, product), 1L, Long::sum);
                    }
                    return null;
                }));
            }
            for (var client : running) {
                client.get();
            }
        }
        return answers;
    }

    /** An open loop: checkouts begin at even distances, whatever became of those before. */
    Turn turn(Duration length, double perSecond) throws InterruptedException, ExecutionException {
        var latencies = new Latencies();
        var checkouts = new ArrayList<Future<?>>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var began = System.nanoTime();
            for (var product = 0; product < length.toMillis() / 1e3 * perSecond; product++) {
                var which = product;
                var intended = began + (long) (product * 1e9 / perSecond);
                Driver.sleepUntil(intended);
                checkouts.add(executor.submit(() -> {
                    if (buy(guests.getFirst(), which) == 201) {
                        latencies.record(System.nanoTime() - intended);
                    }
                    return null;
                }));
            }
        }
        for (var checkout : checkouts) {
            checkout.get();
        }
        var confirmed = Percentiles.of(latencies);
        if (confirmed.count() == 0) {
            throw new IllegalStateException("no checkout was confirmed");
        }
        return new Turn(confirmed.p50(), confirmed.p99(), checkouts.size() - confirmed.count());
    }

    /** @param product counted around */
    private int buy(Customer guest, int product) throws IOException, InterruptedException {
        var line = new Line(product % products.size(), 1);
        var checkout = Shop.checkout(List.of(line), products, "tok_visa", 0);
        var status =
                shop.place(guest, UUID.randomUUID().toString(), 1, checkout).status();
        if (status == 0) {
            throw new IOException("a checkout was not answered");
        }
        return status;
    }

    @Override
    public void close() {
        shop.close();
    }
}
