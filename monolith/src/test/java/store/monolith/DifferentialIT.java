package store.monolith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Sends the same requests to both builds, one at a time, and compares their answers and, at the end, their tables. Ids,
 * times, leases, ciphertexts, attempt counts and the tables of the scheduler and of the migrations are left out.
 */
class DifferentialIT {

    private static final long SEED = 20_261_121;
    private static final int REQUESTS = 2_000;
    private static final int STOCK = 10_000;

    /** A movement that only the statement shows is booked after a minute. */
    private static final Duration BOOKED_BOUND = Duration.ofSeconds(90);

    @Test
    @Timeout(600)
    void bothBuildsAnswerAndRecordTheSame() throws Exception {
        try (var beside = Executors.newSingleThreadExecutor();
                var services = BuildUnderTest.start("services", STOCK);
                var monolith = BuildUnderTest.start("monolith", STOCK)) {
            var script = new Script(new Random(SEED), services.prices());
            List<String> differences = new ArrayList<>();
            var sent = 0;
            while (sent < REQUESTS) {
                var requests = script.next();
                var toServices = beside.submit(() -> services.send(requests));
                var right = monolith.send(requests);
                var left = toServices.get();
                for (var i = 0; i < requests.size(); i++) {
                    sent++;
                    if (!left.get(i).equals(right.get(i))) {
                        differences.add("%d. %s%n   services: %s%n   monolith: %s"
                                .formatted(sent, requests.get(i), left.get(i), right.get(i)));
                    }
                }
            }
            assertThat(differences).as("answers that differ").isEmpty();
            for (var build : List.of(services, monolith)) {
                build.awaitSettled();
                await().atMost(BOOKED_BOUND).until(() -> build.hasBooked(script.chargebacks()));
            }
            var tables = services.tables();
            assertThat(rowsOnlyIn(tables, monolith.tables()))
                    .as("rows that only the services have")
                    .isEmpty();
            assertThat(rowsOnlyIn(monolith.tables(), tables))
                    .as("rows that only the monolith has")
                    .isEmpty();
            assertThat(Objects.requireNonNull(tables.get("orders.orders")).size())
                    .as("orders, so that the comparison means something")
                    .isGreaterThan(REQUESTS / 3);
            assertThat(script.chargebacks())
                    .as("chargebacks, for the same reason")
                    .isPositive();
        }
    }

    private static List<String> rowsOnlyIn(Map<String, List<String>> here, Map<String, List<String>> there) {
        List<String> only = new ArrayList<>();
        here.forEach((table, rows) -> {
            var unmatched = new ArrayList<>(rows);
            there.getOrDefault(table, List.of()).forEach(unmatched::remove);
            unmatched.forEach(row -> only.add(table + ": " + row));
        });
        return only;
    }
}
