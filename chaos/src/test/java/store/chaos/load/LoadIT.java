package store.chaos.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import store.chaos.StartedStore;
import store.chaos.journal.Journal;
import store.chaos.journal.Journal.Entry;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as users run it, on a real store. */
@Timeout(90)
class LoadIT {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration BOUND = Duration.ofSeconds(30);

    @TempDir
    private static Path directory;

    private static StartedStore store;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("services", 10_000);
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @Test
    void theSameSeedHasTheSameArrivalsAndEachOfThemIsCounted() throws Exception {
        var first = load("first", "--rate", "15", "--for", "10s", "--seed", "1", "--warm-up", "0s");
        var again = load("again", "--rate", "15", "--for", "10s", "--seed", "1", "--warm-up", "0s");
        for (var run : List.of(first, again)) {
            assertThatItAddsUp(run);
        }
        assertThat(again.arrivalsBySecond()).isEqualTo(first.arrivalsBySecond());

        var times = first.offsetsByKey();
        assertThat(again.offsetsByKey()).containsOnlyKeys(times.keySet());
        // A busy machine sends late, but by less than another order of arrivals would.
        assertThat(again.offsetsByKey())
                .allSatisfy((key, seconds) -> assertThat(seconds).isCloseTo(times.get(key), within(1.0)));
        // The request's fingerprint covers products, quantities, card and total.
        assertThat(store.query(
                        "orders",
                        "select idempotency_key, count(distinct customer_id), count(distinct fingerprint)"
                                + " from orders.orders where idempotency_key in (" + quoted(times) + ") group by 1"))
                .hasSameSizeAs(times.keySet())
                .allSatisfy(row -> assertThat(row.subList(1, 3)).containsExactly("2", "1"));
    }

    private static void assertThatItAddsUp(Run run) {
        var total = run.report.path("total");
        var places = run.entries("place").filter(entry -> entry.attempt() == 1).count();
        var browses = run.entries("browse").count() - 1; // the driver's own look at the catalogue
        assertThat(sum(total.path("outcomes"))).isEqualTo(places + browses);
        assertThat(run.arrivalsBySecond().stream().mapToLong(count -> count).sum())
                .isEqualTo(places + browses);
        assertThat(total.path("checkoutMillis").path("count").asLong()).isEqualTo(places);
        assertThat(total.path("browseMillis").path("count").asLong()).isEqualTo(browses);
        var ends = run.report.path("ends");
        assertThat(sum(ends)).isEqualTo(places);
        for (var end : List.of("OPEN", "UNACKNOWLEDGED", "INVALID")) {
            assertThat(ends.path(end).asInt()).as(end).isZero();
        }
        assertThat(ends.path("CONFIRMED").asInt()).isPositive();
        assertThat(ends.path("DECLINED").asInt()).isPositive();
        assertThat(run.report.path("untilFinalMillis").path("count").asLong()).isEqualTo(places);
    }

    @Test
    void theHotProfileSellsOneProductMostly() throws Exception {
        var run = load("hot", "--profile", "hot", "--mix", "checkout=1", "--rate", "20", "--for", "4s", "--seed", "2");
        var keys = run.offsetsByKey();
        var pieces = store
                .query(
                        "orders",
                        "select sum((line ->> 'quantity')::int) from orders.orders, jsonb_array_elements(lines) line"
                                + " where idempotency_key in (" + quoted(keys) + ") group by line ->> 'sku'")
                .stream()
                .map(row -> Integer.parseInt(row.getFirst()))
                .toList();
        assertThat(pieces).hasSizeGreaterThan(1);
        assertThat(Collections.max(pieces)).isGreaterThan(keys.size() * 3 / 4);

        // Customers of the warm-up are in the journal and not among the arrivals.
        assertThat(run.entries("browse").count()).isGreaterThan(20);
        assertThat(sum(run.report.path("total").path("outcomes"))).isEqualTo(keys.size());
    }

    @Test
    void anInterruptLeavesAReadableJournalAndNothingRunning() throws Exception {
        var out = directory.resolve("interrupted");
        // A seed of its own: another run's seed would repeat that run's keys.
        var load = start(out, "--seed", "3", "--rate", "30", "--for", "60s", "--cards", "tok_silent=1,tok_visa=1");
        var journal = out.resolve("journal.jsonl");
        await().atMost(BOUND)
                .until(() -> Files.exists(journal)
                        && Files.readString(journal).contains("\"call\":\"place\",\"attempt\":1,\"status\":202"));

        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(load.pid()))
                        .start()
                        .waitFor())
                .isZero();

        var report = JsonMapper.shared().readTree(load.getInputStream().readAllBytes());
        assertThat(load.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(load.exitValue()).isEqualTo(130);
        assertThat(load.descendants()).isEmpty();
        assertThat(report.path("interrupted").asBoolean()).isTrue();
        assertThat(Files.readString(journal)).endsWith("}\n");
        try (var entries = Journal.read(journal)) {
            assertThat(entries.count()).isEqualTo(Files.readAllLines(journal).size());
        }
    }

    private record Run(JsonNode report, List<Entry> journal) {

        Stream<Entry> entries(String call) {
            return journal.stream().filter(entry -> entry.call().equals(call));
        }

        List<Long> arrivalsBySecond() {
            return report.path("timeline").valueStream().map(LoadIT::sum).toList();
        }

        /** When each checkout was sent, in seconds from the first. */
        Map<String, Double> offsetsByKey() {
            var firsts = entries("place").filter(entry -> entry.attempt() == 1).toList();
            var began = firsts.stream().map(Entry::at).min(Instant::compareTo).orElseThrow();
            return firsts.stream()
                    .collect(Collectors.toMap(
                            entry -> String.valueOf(entry.key()),
                            entry -> Duration.between(began, entry.at()).toNanos() / 1e9));
        }
    }

    private static long sum(JsonNode counts) {
        return counts.valueStream().mapToLong(JsonNode::asLong).sum();
    }

    private static String quoted(Map<String, ?> keys) {
        return keys.keySet().stream().map(key -> "'" + key + "'").collect(Collectors.joining(","));
    }

    /** The validity of a run depends on how busy this machine is; the fate of its arrivals does not. */
    private static Run load(String name, String... options) throws IOException, InterruptedException {
        var out = directory.resolve(name);
        var load = start(out, options);
        var report = JsonMapper.shared().readTree(load.getInputStream().readAllBytes());
        assertThat(load.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(load.exitValue()).isIn(0, 3);
        try (var entries = Journal.read(out.resolve("journal.jsonl"))) {
            return new Run(report, entries.toList());
        }
    }

    private static Process start(Path out, String... options) throws IOException {
        var command = new ArrayList<>(
                List.of("chaos/load", "--url", store.gateway().toString(), "--out", out.toString(), "--json"));
        command.addAll(List.of(options));
        return new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
