package store.chaos.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.journal.Journal;
import store.chaos.journal.Journal.Entry;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole command, against a store whose answers the test decides. */
@Timeout(60)
class LoadTest {

    private static final String PENDING = "{\"id\":\"order-1\",\"status\":\"PENDING\"}";
    private static final String CONFIRMED = "{\"id\":\"order-1\",\"status\":\"CONFIRMED\"}";
    private static final String NOT_ACCEPTED =
            "{\"type\":\"https://checkout-store.example/problems/not-accepted\",\"status\":503}";

    private interface Clerk {
        void answer(HttpExchange exchange, int attempt) throws IOException, InterruptedException;
    }

    @TempDir
    private Path out;

    private HttpServer server;
    private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    private volatile Clerk clerk = (exchange, _) -> answer(exchange, 201, CONFIRMED);

    @BeforeEach
    void open() throws IOException {
        open(InetAddress.getLoopbackAddress());
    }

    private void open(InetAddress address) throws IOException {
        server = HttpServer.create(new InetSocketAddress(address, 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/api/guests", exchange -> answer(exchange, 201, "{\"customerId\":\"customer-1\",\"token\":\"t\"}"));
        server.createContext(
                "/api/products",
                exchange -> answer(
                        exchange,
                        200,
                        "{\"products\":[{\"sku\":\"sku-001\",\"price\":{\"amount\":5,\"currency\":\"EUR\"}}],\"stale\":true}"));
        server.createContext("/api/orders", exchange -> {
            var key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
            if (key == null) {
                answer(exchange, 200, CONFIRMED);
                return;
            }
            try {
                clerk.answer(
                        exchange,
                        attempts.computeIfAbsent(key, _ -> new AtomicInteger()).incrementAndGet());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    @Test
    void repeatsAKeyThatWasNotAcceptedNoSoonerThanItWasAskedTo() throws Exception {
        clerk = (exchange, attempt) -> {
            exchange.getResponseHeaders().set("Retry-After", "1");
            answer(exchange, attempt == 1 ? 503 : 201, attempt == 1 ? NOT_ACCEPTED : CONFIRMED);
        };
        var report = load("--rate", "20", "--for", "1s", "--mix", "checkout=1");
        var keys = keys();
        var repeated =
                keys.values().stream().filter(entries -> entries.size() > 1).toList();
        assertThat(repeated).isNotEmpty().allSatisfy(entries -> {
            assertThat(entries).extracting(Entry::attempt).startsWith(1, 2);
            assertThat(entries).extracting(Entry::status).startsWith(503, 201);
            assertThat(entries.get(1).at())
                    .isAfterOrEqualTo(entries.getFirst().at().plusSeconds(1));
        });
        assertThat(report.path("total").path("outcomes").path("SHED").asInt()).isEqualTo(keys.size());
        assertThat(report.path("ends").path("CONFIRMED").asInt()).isEqualTo(repeated.size());
        assertThat(report.path("ends").path("GONE").asInt())
                .as("some customers leave, and more come back")
                .isBetween(1, repeated.size())
                .isEqualTo(keys.size() - repeated.size());
    }

    @Test
    void followsAnAcceptedOrderToItsEndAndAsksItsKeyAgain() throws Exception {
        clerk = (exchange, attempt) -> answer(exchange, attempt == 1 ? 202 : 201, attempt == 1 ? PENDING : CONFIRMED);
        var report = load("--rate", "20", "--for", "1s", "--mix", "checkout=1");
        var keys = keys();
        assertThat(keys)
                .isNotEmpty()
                .allSatisfy((_, entries) ->
                        assertThat(entries).extracting(Entry::status).startsWith(202, 201));
        assertThat(entries().filter(entry -> entry.call().equals("order")))
                .hasSize(keys.size())
                .allMatch(entry -> CONFIRMED.equals(entry.body()));
        assertThat(report.path("total").path("outcomes").path("ACCEPTED").asInt())
                .isEqualTo(keys.size());
        assertThat(report.path("untilFinalMillis").path("count").asInt()).isEqualTo(keys.size());
    }

    @Test
    void cancelsPendingOrdersIfThatIsPlanned() throws Exception {
        clerk = (exchange, attempt) -> answer(exchange, attempt == 1 ? 202 : 201, attempt == 1 ? PENDING : CONFIRMED);
        load("--rate", "20", "--for", "1s", "--mix", "cancel=1");
        assertThat(entries().filter(entry -> entry.call().equals("cancel"))).hasSize(keys().size());
    }

    /** A driver that waited for answers would send nothing while the store stands still, and would report short latencies afterwards. */
    @Test
    void aStoreThatStandsStillStopsNeitherTheArrivalsNorTheirClocks() throws Exception {
        var resumes = new CountDownLatch(1);
        var arrived = new AtomicInteger();
        clerk = (exchange, _) -> {
            if (arrived.incrementAndGet() == 60) {
                resumes.countDown();
            }
            var isResumed = resumes.await(20, TimeUnit.SECONDS);
            answer(exchange, isResumed ? 201 : 500, CONFIRMED);
        };
        var report = load("--rate", "40", "--for", "2s", "--mix", "checkout=1");
        assertThat(resumes.getCount())
                .as("sixty customers come while none has an answer")
                .isZero();
        assertThat(report.path("total").path("checkoutMillis").path("p50").asDouble())
                .isGreaterThan(300);
    }

    @Test
    void reportsConnectionsThatBreakAndKeepsThemInTheJournal() throws Exception {
        clerk = (exchange, attempt) -> {
            if (attempt == 1) {
                exchange.close();
            } else {
                answer(exchange, 201, CONFIRMED);
            }
        };
        var report = load("--rate", "20", "--for", "1s", "--mix", "checkout=1");
        assertThat(keys())
                .isNotEmpty()
                .allSatisfy((_, entries) ->
                        assertThat(entries).extracting(Entry::status).startsWith(0, 201));
        assertThat(report.path("total").path("outcomes").path("FAILED").asInt()).isEqualTo(keys().size());
    }

    @Test
    void tellsStaleFromFreshAndKeepsNoCatalogueAndNoToken() throws Exception {
        var report = load("--rate", "20", "--for", "1s", "--mix", "browse=1");
        assertThat(report.path("total").path("outcomes").path("STALE").asInt()).isPositive();
        assertThat(entries()).isNotEmpty().allMatch(entry -> entry.body() == null && entry.status() != 0);
    }

    @Test
    void theReportHasTheFieldsOfItsSchema() throws Exception {
        var schema = JsonMapper.shared().readTree(Path.of("schema/load.schema.json"));
        assertSameFields(load("--rate", "20", "--for", "1s"), schema, schema.path("$defs"));
    }

    private static void assertSameFields(JsonNode value, JsonNode schema, JsonNode definitions) {
        var reference = schema.path("$ref").asString("");
        var type = reference.isEmpty() ? schema : definitions.path(reference.replace("#/$defs/", ""));
        if (type.has("properties")) {
            assertThat(value.propertyNames())
                    .containsExactlyElementsOf(type.path("properties").propertyNames());
            value.forEachEntry((name, member) ->
                    assertSameFields(member, type.path("properties").path(name), definitions));
        } else if (value.isArray()) {
            value.forEach(member -> assertSameFields(member, type.path("items"), definitions));
        }
    }

    @Test
    void sendsToNoOtherHostUnlessAllowed() {
        assertThat(exitCode("--url", "http://192.0.2.1:8080", "--for", "1s")).isEqualTo(2);
        assertThat(exitCode("--url", "ftp://localhost/", "--for", "1s")).isEqualTo(2);
        assertThat(out).isEmptyDirectory();
    }

    /** An address of this machine that is not a loopback address stands for another machine. */
    @Test
    void sendsToAnotherAddressOnceItIsAllowed() throws Exception {
        var address = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(candidate -> candidate instanceof Inet4Address && !candidate.isLoopbackAddress())
                .findFirst()
                .orElseThrow(() -> new AssertionError("needs a network interface beside the loopback"));
        server.stop(0);
        open(address);
        assertThat(exitCode("--url", url(), "--for", "1s")).isEqualTo(2);
        assertThat(out).isEmptyDirectory();
        var report = load("--for", "1s", "--mix", "browse=1", "--allow", address.getHostAddress());
        assertThat(report.path("total").path("outcomes").path("STALE").asInt()).isPositive();
    }

    @Test
    void refusesArgumentsThatItCannotRead() {
        for (var arguments : List.of("--rate=fast", "--for=soon", "--mix=steal=1", "--cards=tok_visa=0")) {
            assertThat(exitCode("--url", url(), arguments)).as(arguments).isEqualTo(2);
        }
    }

    @Test
    void measuresInstancesAtOneRateOnly() {
        assertThat(exitCode("--url", url(), "--clients", "2")).isEqualTo(2);
        assertThat(exitCode("--against", "other", "--rate", "10..20")).isEqualTo(2);
    }

    @Test
    void buyersInALoopBuyOneAfterTheOther() throws Exception {
        var open = new AtomicInteger();
        clerk = (exchange, _) -> {
            var status = open.incrementAndGet() > 3 ? 500 : 201;
            Thread.sleep(10);
            open.decrementAndGet();
            answer(exchange, status, CONFIRMED);
        };
        try (var buyers = new Buyers(URI.create(url()), 3)) {
            assertThat(buyers.loop(Duration.ofMillis(300))).containsExactly(Map.entry(201, (long) attempts.size()));
        }
        assertThat(attempts).hasSizeGreaterThan(3);
    }

    @Test
    void aTurnHasTheLatenciesOfConfirmedCheckoutsAndCountsTheOthers() throws Exception {
        var number = new AtomicInteger();
        clerk = (exchange, _) -> answer(exchange, number.incrementAndGet() % 4 == 0 ? 402 : 201, CONFIRMED);
        try (var buyers = new Buyers(URI.create(url()), 1)) {
            var turn = buyers.turn(Duration.ofSeconds(1), 20);
            assertThat(turn.others()).isEqualTo(5);
            assertThat(turn.p50Millis()).isBetween(0.001, turn.p99Millis());
        }
        assertThat(attempts).hasSize(20);
    }

    /** The validity of a run depends on how busy this machine is; the fate of its arrivals does not. */
    private JsonNode load(String... arguments) throws IOException {
        var all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("--url", url(), "--customers", "2"));
        assertThat(exitCode(all.toArray(String[]::new))).isIn(0, 3);
        return JsonMapper.shared().readTree(Files.readString(out.resolve("load.json")));
    }

    private int exitCode(String... arguments) {
        var all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("--warm-up", "0s", "--out", out.toString()));
        return Load.commandLine().execute(all.toArray(String[]::new));
    }

    private String url() {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort();
    }

    private Stream<Entry> entries() throws IOException {
        try (var entries = Journal.read(out.resolve("journal.jsonl"))) {
            return entries.toList().stream();
        }
    }

    private Map<String, List<Entry>> keys() throws IOException {
        return entries()
                .filter(entry -> entry.call().equals("place"))
                .collect(Collectors.groupingBy(entry -> String.valueOf(entry.key())));
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            var bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
