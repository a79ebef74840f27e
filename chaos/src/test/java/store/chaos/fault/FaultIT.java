package store.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import store.chaos.StartedStore;
import tools.jackson.databind.JsonNode;

/** Each fault's effect, measured while it is there and after it has gone, on a real store with links. */
@Timeout(90)
class FaultIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration BOUND = Duration.ofSeconds(45);
    private static final String CATALOGUE = "gateway:inventory-service";

    private static StartedStore store;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 1_000, "--links");
        // A cold store may miss its own bounds; what is measured here are faults.
        for (var order = 0; order < 30; order++) {
            place();
        }
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @AfterEach
    void hasRecovered() {
        await().atMost(BOUND).ignoreExceptions().untilAsserted(() -> {
            assertThat(place().statusCode()).isEqualTo(201);
        });
    }

    @Test
    void aKilledPartStaysDownAsLongAsItIsToldTo() throws Exception {
        var pid = store.part("inventory-service").path("pid").asLong();
        var before = Instant.now();

        assertThat(fault("inject", "kill", "inventory-service", "--for", "4s")).isZero();

        assertThat(ProcessHandle.of(pid)).isEmpty();
        assertThat(statusOfCatalogue()).isEqualTo(503);
        await().atMost(BOUND)
                .until(() -> !store.part("inventory-service").path("pid").isNull());
        assertThat(Instant.now()).isAfter(before.plusSeconds(4));
    }

    @Test
    void aPausedPartAnswersNobodyAndGoesOnByItself() throws Exception {
        var pid = store.part("payment-service").path("pid").asLong();

        assertThat(fault("inject", "pause", "payment-service", "--for", "4s")).isZero();

        var pending = place();
        assertThat(pending.statusCode()).isEqualTo(202);
        await().atMost(BOUND)
                .until(() ->
                        store.part("payment-service").path("state").asString().equals("up"));
        assertThat(store.part("payment-service").path("pid").asLong()).isEqualTo(pid);
    }

    @Test
    void aPausedDatabaseAnswersNobodyEither() throws Exception {
        assertThat(fault("inject", "pause", "order-db", "--for", "5s")).isZero();

        assertThat(place().statusCode()).isIn(503, 504);
    }

    @Test
    void aSlowLinkAddsItsDelay() throws Exception {
        var healthy = medianMillis(CATALOGUE);

        assertThat(fault("inject", "slow", CATALOGUE, "--by", "200ms")).isZero();
        assertThat(medianMillis(CATALOGUE) - healthy).isBetween(160L, 240L);

        assertThat(fault("revert", CATALOGUE)).isZero();
        assertThat(medianMillis(CATALOGUE)).isLessThan(healthy + 100);
    }

    @Test
    void aLostAnswerLeavesTheWorkDone() throws Exception {
        assertThat(fault("inject", "lose-answers", "order-service:payment-service"))
                .isZero();

        var pending = place();
        assertThat(pending.statusCode()).isEqualTo(202);
        var id = StartedStore.json(pending).path("id").asString();
        await().atMost(BOUND)
                .until(() -> store.query("payments", "select state from payments.payment where order_id = '" + id + "'")
                        .equals(List.of(List.of("CAPTURED"))));
        assertThat(statusOf(id)).isEqualTo("PENDING");

        assertThat(fault("revert", "--all")).isZero();
        await().atMost(BOUND).until(() -> statusOf(id).equals("CONFIRMED"));
    }

    @Test
    void throughACutLinkNothingArrives() throws Exception {
        assertThat(fault("inject", "cut", "order-service:inventory-service", "--for", "3s"))
                .isZero();

        var pending = place();
        assertThat(pending.statusCode()).isEqualTo(202);
        var id = StartedStore.json(pending).path("id").asString();
        assertThat(store.query("inventory", "select from inventory.reservation where order_id = '" + id + "'"))
                .isEmpty();
        await().atMost(BOUND).until(() -> statusOf(id).equals("CONFIRMED")); // the fault ends by itself
    }

    @Test
    void aResetLinkIsAnError() throws Exception {
        var link = listening(CATALOGUE);
        assertThat(fault("inject", "reset", CATALOGUE)).isZero();

        assertThatThrownBy(() -> HTTP.send(request(link), BodyHandlers.discarding()))
                .isInstanceOf(IOException.class);
        assertThat(fault("revert", "--all")).isZero();
    }

    @Test
    void dripAndThrottleMakeALongAnswerLast() throws Exception {
        var link = listening(CATALOGUE);
        var bytes = HTTP.send(request(link), BodyHandlers.ofByteArray()).body().length;

        assertThat(fault("inject", "throttle", CATALOGUE, "--by", "5")).isZero();
        assertThat(millis(link)).isGreaterThan(bytes / 5 / 2);
        assertThat(fault("revert", CATALOGUE)).isZero();

        assertThat(fault("inject", "drip", CATALOGUE, "--by", "5ms")).isZero();
        assertThat(millis(link)).isGreaterThan(bytes / 8 * 5 / 2);
        assertThat(fault("revert", "--all")).isZero();
    }

    @Test
    void aFaultThatNothingComesAcrossIsReportedAsNotFired() throws Exception {
        assertThat(fault("inject", "slow", "order-service:payment-service")).isZero();
        assertThat(fault("revert", "--all")).isEqualTo(3);
    }

    @Test
    void refusesWhatIsNotTheStores() throws Exception {
        assertThat(fault("inject", "kill", "init")).isEqualTo(1);
        assertThat(fault("inject", "slow", "somewhere:else")).isEqualTo(1);
        assertThat(fault("inject", "burn", "order-service")).isEqualTo(2);
    }

    private static int fault(String... arguments) throws Exception {
        return store.run("chaos/fault", arguments);
    }

    private static HttpResponse<String> place() throws Exception {
        return store.place(
                store.guest(), UUID.randomUUID().toString(), store.products().getFirst());
    }

    private static int statusOfCatalogue() throws Exception {
        return store.send("GET", "/api/products", Map.of(), "").statusCode();
    }

    private static String statusOf(String order) throws Exception {
        return store.query("orders", "select status from orders.orders where id = '" + order + "'")
                .getFirst()
                .getFirst();
    }

    /** Where one enters a link. */
    private static URI listening(String link) throws Exception {
        var control = store.part("links").path("url").asString();
        JsonNode proxies = StartedStore.json(HTTP.send(
                HttpRequest.newBuilder(URI.create(control + "/proxies")).build(), BodyHandlers.ofString()));
        return URI.create("http://" + proxies.path(link).path("listen").asString() + "/api/products");
    }

    private static HttpRequest request(URI link) {
        return HttpRequest.newBuilder(link).timeout(Duration.ofSeconds(20)).build();
    }

    private static long medianMillis(String name) throws Exception {
        var link = listening(name);
        var millis = new long[11];
        for (var i = 0; i < millis.length; i++) {
            millis[i] = millis(link);
        }
        return IntStream.range(0, millis.length)
                .mapToLong(i -> millis[i])
                .sorted()
                .skip(millis.length / 2)
                .findFirst()
                .orElseThrow();
    }

    private static long millis(URI link) throws Exception {
        var before = System.nanoTime();
        HTTP.send(request(link), BodyHandlers.discarding());
        return (System.nanoTime() - before) / 1_000_000;
    }
}
