package store.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import store.chaos.StartedStore;
import tools.jackson.databind.JsonNode;

/** Measures each fault's effect during the fault and after it, on a real store with links. */
@Timeout(90)
class FaultIT {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration BOUND = Duration.ofSeconds(45);
    private static final String CATALOGUE = "gateway:inventory-service";

    /** A command that injects a fault into this store: the store's name ends with our pid. */
    private static final String INJECTING =
            ".*Fault inject .*-" + ProcessHandle.current().pid();

    private static StartedStore store;
    private static String links;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 1_000, "--links");
        links = store.part("links").path("url").asString();
        // A cold store may miss its own bounds, and this test measures faults only.
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
    void aKilledPartStaysDownForTheGivenTime() throws Exception {
        var pid = store.part("inventory-service").path("pid").asLong();
        var before = Instant.now();

        assertThat(fault("inject", "kill", "inventory-service", "--for", "2s")).isZero();

        assertThat(ProcessHandle.of(pid)).isEmpty();
        assertThat(statusOfCatalogue()).isEqualTo(503);
        await().atMost(BOUND)
                .until(() -> !store.part("inventory-service").path("pid").isNull());
        assertThat(Instant.now()).isAfter(before.plusSeconds(2));
    }

    @Test
    void aPausedPartAnswersNoCallAndGoesOnByItself() throws Exception {
        var pid = store.part("payment-service").path("pid").asLong();

        assertThat(fault("inject", "pause", "payment-service", "--for", "3s")).isZero();

        var pending = place();
        assertThat(pending.statusCode()).isEqualTo(202);
        await().atMost(BOUND)
                .until(() ->
                        store.part("payment-service").path("state").asString().equals("up"));
        assertThat(store.part("payment-service").path("pid").asLong()).isEqualTo(pid);
    }

    @Test
    void aPausedDatabaseAnswersNoCall() throws Exception {
        assertThat(fault("inject", "pause", "order-db", "--for", "2s")).isZero();

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
    void errorsComeWhetherTheRequestWasExecutedOrNot() throws Exception {
        assertThat(fault("inject", "errors", "gateway:order-service")).isZero();

        var token = store.guest();
        var product = store.products().getFirst();
        for (var order = 0; order < 6; order++) {
            var key = UUID.randomUUID().toString();
            var request = HttpRequest.newBuilder(
                            listening("gateway:order-service").resolve("/api/orders"))
                    .POST(BodyPublishers.ofString(StartedStore.order(product)))
                    .headers("Authorization", "Bearer " + token, "Idempotency-Key", key)
                    .headers("Content-Type", "application/json")
                    .build();
            assertThat(HTTP.send(request, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(503);
        }

        assertThat(fault("revert", "--all")).isZero();
        assertThat(ordersOf(token)).isEqualTo(3);
    }

    @Test
    void aPartThatRunsForAFifthOfTheTimeKeepsItsCallersWaiting() throws Exception {
        assertThat(fault("inject", "cpu", "inventory-service", "--by", "20", "--for", "5s"))
                .isZero();
        assertThat(fault("inject", "cpu", "payment-db", "--for", "3s")).isZero();

        // A caller that asks all the time meets the 80 ms in which nothing runs, and is answered between them.
        var link = listening(CATALOGUE);
        assertThat(longestOf(20, () -> HTTP.send(request(link), BodyHandlers.discarding())))
                .isBetween(50L, 300L);
        try (var connection = store.connect("payments");
                var statement = connection.createStatement()) {
            assertThat(longestOf(200, () -> statement.execute("select 1"))).isBetween(50L, 300L);
        }
        assertThat(store.part("inventory-service").path("state").asString()).isEqualTo("up");

        assertThat(fault("revert", "--all")).isZero();
        assertThat(medianMillis(CATALOGUE)).isLessThan(50);
        nothingIsLeft();
    }

    @Test
    void aFaultEndsInTimeAlsoIfItsCommandIsKilled() throws Exception {
        var payments = store.part("payment-service").path("pid").asLong();
        injectAndKill(() -> states().getOrDefault(payments, "").startsWith("T"), "pause", "payment-service");
        injectAndKill(
                () -> !proxies()
                        .path("order-service:inventory-service")
                        .path("toxics")
                        .isEmpty(),
                "cut",
                "order-service:inventory-service");

        nothingIsLeft();
        assertThat(store.part("payment-service").path("pid").asLong()).isEqualTo(payments);
    }

    @Test
    void nothingIsLeftAfterAllFaultsWereReverted() throws Exception {
        for (var fault : List.of(
                List.of("pause", "inventory-service"),
                List.of("cpu", "order-db"),
                List.of("cut", "payment-service"),
                List.of("errors", "acquirer-sandbox"))) {
            assertThat(fault("inject", fault.getFirst(), fault.getLast(), "--for", "1h"))
                    .isZero();
        }
        assertThat(states()).containsValue("T");

        fault("revert", "--all");

        nothingIsLeft();
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

        assertThat(fault("inject", "throttle", CATALOGUE, "--by", "10")).isZero();
        assertThat(millis(link)).isGreaterThan(bytes / 10 / 2);
        assertThat(fault("revert", CATALOGUE)).isZero();

        assertThat(fault("inject", "drip", CATALOGUE, "--by", "1ms")).isZero();
        assertThat(millis(link)).isGreaterThan(bytes / 8 / 2);
        assertThat(fault("revert", "--all")).isZero();
    }

    @Test
    void aFaultThatNoCallMeetsIsReportedAsNotFired() throws Exception {
        assertThat(fault("inject", "slow", "order-service:payment-service")).isZero();
        assertThat(fault("revert", "--all")).isEqualTo(3);
        // A fault that ends by itself is not reverted, so it must be seen afterwards, too.
        assertThat(new Links(URI.create(links)).planted())
                .filteredOn(
                        fault -> fault.kind().equals("slow") && fault.target().equals("order-service:payment-service"))
                .singleElement()
                .satisfies(fault -> {
                    assertThat(fault.active()).isFalse();
                    assertThat(fault.fired()).isZero();
                });
    }

    @Test
    void refusesTargetsThatTheStoreDoesNotHave() throws Exception {
        assertThat(fault("inject", "kill", "init")).isEqualTo(1);
        assertThat(fault("inject", "slow", "somewhere:else")).isEqualTo(1);
        assertThat(fault("inject", "errors", "order-db")).isEqualTo(1); // it does not speak HTTP
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

    private static long ordersOf(String token) throws Exception {
        return StartedStore.json(store.send("GET", "/api/orders", Map.of("Authorization", "Bearer " + token), ""))
                .path("orders")
                .size();
    }

    /** Kills the command as soon as the fault has an effect. */
    private static void injectAndKill(Callable<Boolean> isBroken, String kind, String target) throws Exception {
        var command = store.start("chaos/fault", "inject", kind, target, "--for", "2s");
        await().atMost(BOUND).pollInterval(Duration.ofMillis(5)).until(isBroken);
        assertThat(command.destroyForcibly().waitFor()).isNotEqualTo(1);
    }

    /** Waits: a fault of 2 s has to end first, or the shell that sent its signals; the check itself takes a second. */
    private static void nothingIsLeft() {
        await().atMost(Duration.ofSeconds(5)).untilAsserted(FaultIT::thatNothingIsLeft);
    }

    /**
     * No link has a toxic or half a connection. Every part runs, none of the supervisor's processes is stopped, and each of them belongs to a
     * part.
     */
    private static void thatNothingIsLeft() throws Exception {
        assertThat(proxies())
                .isNotEmpty()
                .allSatisfy(proxy -> assertThat(proxy.path("toxics")).isEmpty());
        var links = ProcessHandle.of(store.part("links").path("pid").asLong()).orElseThrow();
        thatNoSocketIsLeft(links.pid());
        var supervisor = links.parent().orElseThrow();
        var states = states();
        assertThat(supervisor.descendants())
                .allSatisfy(process ->
                        assertThat(states.getOrDefault(process.pid(), "")).doesNotStartWith("T"));
        for (var child : supervisor.children().toList()) {
            assertThat(child.info().command().orElse("")).matches(".*/(java|postgres)");
        }
        assertThat(ProcessHandle.allProcesses())
                .noneMatch(process -> process.info().commandLine().orElse("").matches(INJECTING));
    }

    /** Each connection into the links leads on, none has lost its other end, and the links listen on the same ports. */
    private static void thatNoSocketIsLeft(long pid) throws Exception {
        var sockets = Sockets.of(pid);
        var entrances = proxies()
                .valueStream()
                .map(proxy -> proxy.path("listen").asString())
                .map(listen -> Integer.parseInt(listen.substring(listen.lastIndexOf(':') + 1)))
                .toList();
        var api = URI.create(links).getPort();

        assertThat(sockets.ports(Sockets.LISTEN)).containsExactlyInAnyOrderElementsOf(with(entrances, api));
        assertThat(sockets.ports(Sockets.CLOSE_WAIT)).isEmpty();
        var taken = sockets.ports(Sockets.ESTABLISHED).stream()
                .filter(entrances::contains)
                .count();
        var leadingOn = sockets.ports(Sockets.ESTABLISHED).stream()
                .filter(port -> port != api && !entrances.contains(port))
                .count();
        assertThat(leadingOn).isEqualTo(taken).isPositive();
    }

    private static List<Integer> with(List<Integer> ports, int another) {
        return Stream.concat(ports.stream(), Stream.of(another)).toList();
    }

    /** The state of each process by pid; T is stopped. */
    private static Map<Long, String> states() throws IOException {
        var ps = new ProcessBuilder("ps", "-A", "-o", "pid=,state=").start();
        try (var lines = ps.inputReader()) {
            return lines.lines()
                    .map(line -> line.strip().split(" +"))
                    .collect(Collectors.toMap(line -> Long.parseLong(line[0]), line -> line[1]));
        }
    }

    private static long longestOf(int times, Callable<?> request) throws Exception {
        var longest = 0L;
        for (var i = 0; i < times; i++) {
            var before = System.nanoTime();
            request.call();
            longest = Math.max(longest, System.nanoTime() - before);
        }
        return longest / 1_000_000;
    }

    private static String statusOf(String order) throws Exception {
        return store.query("orders", "select status from orders.orders where id = '" + order + "'")
                .getFirst()
                .getFirst();
    }

    /** The address at which a link takes requests. */
    private static URI listening(String link) throws Exception {
        return URI.create("http://" + proxies().path(link).path("listen").asString() + "/api/products");
    }

    private static JsonNode proxies() throws Exception {
        return StartedStore.json(
                HTTP.send(HttpRequest.newBuilder(URI.create(links + "/proxies")).build(), BodyHandlers.ofString()));
    }

    private static HttpRequest request(URI link) {
        return HttpRequest.newBuilder(link).timeout(Duration.ofSeconds(20)).build();
    }

    private static long medianMillis(String name) throws Exception {
        var link = listening(name);
        var millis = new Histogram(3);
        for (var i = 0; i < 9; i++) {
            millis.recordValue(millis(link));
        }
        return millis.getValueAtPercentile(50);
    }

    private static long millis(URI link) throws Exception {
        var before = System.nanoTime();
        HTTP.send(request(link), BodyHandlers.discarding());
        return (System.nanoTime() - before) / 1_000_000;
    }
}
