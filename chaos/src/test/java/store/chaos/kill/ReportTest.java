package store.chaos.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import store.chaos.audit.Verdict;
import store.chaos.audit.Verdict.Finding;
import store.chaos.audit.Verdict.Violation;
import store.chaos.kill.Breaking.Broken;

/** A run is held only if it has every piece of evidence: each test takes one away. */
class ReportTest {

    private static final Instant ENDED = Instant.parse("2026-01-01T00:01:00Z");
    private static final UUID ORDER = UUID.fromString("01900000-0000-7000-8000-000000000001");

    private final List<Broken> schedule =
            new ArrayList<>(List.of(new Broken("kill", "order-service", 2, 1, true, 6.0)));
    private final Map<String, Long> ends = new HashMap<>(Map.of("CONFIRMED", 97L, "CANCELLED", 3L));
    private final Map<String, Finding> invariants = new TreeMap<>(Map.of("I2", held(), "I9", held()));
    private final Map<String, Long> branches = new TreeMap<>(Map.of("ambiguousThenResolved", 5L, "fencedOff", 2L));
    private Acknowledgements acknowledged = new Acknowledgements(100, 90, 10, 0, 9);
    private List<String> doubts = List.of();
    private List<String> diedByThemselves = List.of();
    private OrderBook atEnd = new OrderBook(0, 0, ENDED.plusSeconds(4));
    private boolean hasLinks = true;

    @Test
    void holdsWhenEverythingWasShown() {
        var report = report();

        assertThat(report.verdict()).isEqualTo("held");
        assertThat(report.exitCode()).isZero();
        assertThat(report.lastEndSeconds()).isEqualTo(4);
        assertThat(report.notes()).isEmpty();
        assertThat(report.text())
                .contains("order-service", "fenced off 2", "I2 held")
                .endsWith("held");
    }

    @Test
    void isBrokenWhereAnInvariantIs() {
        invariants.put("I2", new Finding(false, 1, 0, 1, List.of(new Violation(ORDER, "captured twice")), null));

        assertBroken("I2: 1 violations, the first: captured twice");
    }

    @Test
    void isBrokenWhereAnOrderNeededAttention() {
        atEnd = new OrderBook(0, 1, ENDED);

        assertBroken("1 orders needed attention");
    }

    @Test
    void isBrokenWhereAnOrderStaysOpen() {
        atEnd = new OrderBook(2, 0, ENDED);

        assertBroken("2 orders were open after their bound");
    }

    @Test
    void isBrokenWhereTooFewWereAcknowledgedInTime() {
        acknowledged = new Acknowledgements(100, 90, 4, 6, 50);

        assertBroken("94.0% of the orders were acknowledged within 60 s");
    }

    @Test
    void isBrokenWhereACustomerWasNotToldTheEnd() {
        ends.put("CONFIRMED", 96L);
        ends.put("OPEN", 1L);

        assertBroken("1 customers were not told their order's end");
    }

    @Test
    void isBrokenWhereAPartDidNotComeBack() {
        schedule.add(new Broken("kill", "order-db", 9, 1, true, null));

        assertBroken("order-db was not up again a minute after kill order-db at 9.0 s");
    }

    @Test
    void isBrokenWhereAPartDiedWithoutAFault() {
        diedByThemselves = List.of("gateway");

        assertBroken("gateway died by itself");
    }

    @Test
    void isNotShownWhereAFaultDidNotFire() {
        schedule.add(new Broken("cut", "a:b", 9, 2, false, 2.0));

        assertNotShown("cut a:b at 9.0 s did not fire");
    }

    @Test
    void isNotShownWhereNoOutcomeWasAmbiguous() {
        branches.put("ambiguousThenResolved", 0L);

        assertNotShown("no order was ambiguous then resolved");
    }

    @Test
    void isNotShownWhereAnInvariantIsNotJudged() {
        invariants.put("I9", new Finding(null, 0, 0, 0, List.of(), "no arrivals"));

        assertNotShown("I9 is not judged: no arrivals");
    }

    @Test
    void anUnjudgedStormIsANoteWithoutLinks() {
        hasLinks = false;
        invariants.put("I9", new Finding(null, 0, 0, 0, List.of(), "no arrivals"));

        assertThat(report().verdict()).isEqualTo("held");
        assertThat(report().notes()).containsExactly("I9 is not judged: no arrivals");
    }

    @Test
    void aLateDriverOrAnUnreachedBranchIsANote() {
        doubts = List.of("99th percentile of the send lag is 30.0 ms");
        branches.put("fencedOff", 0L);

        assertThat(report().verdict()).isEqualTo("held");
        assertThat(report().notes()).containsExactly(doubts.getFirst(), "no order was fenced off");
    }

    private void assertBroken(String why) {
        assertThat(report().brokenBecause()).containsExactly(why);
        assertThat(report().exitCode()).isOne();
        assertThat(report().text()).contains(why);
    }

    private void assertNotShown(String why) {
        assertThat(report().notShownBecause()).containsExactly(why);
        assertThat(report().exitCode()).isEqualTo(3);
    }

    private static Finding held() {
        return new Finding(true, 100, 0, 0, List.of(), null);
    }

    private Report report() {
        var audit = new Verdict("held", ENDED, 100, invariants, branches, 0, Map.of());
        var found = Shortcomings.of(hasLinks, schedule, diedByThemselves, acknowledged, ends, doubts, atEnd, audit);
        return new Report(
                found.verdict(),
                found.broken(),
                found.notShown(),
                found.notes(),
                ENDED.minusSeconds(60),
                "store",
                "services",
                1,
                Path.of("journal.jsonl"),
                60,
                schedule,
                acknowledged.keys(),
                acknowledged,
                Map.of("CONFIRMED", 90L),
                ends,
                atEnd.everNeededAttention(),
                3,
                120.1,
                atEnd.lastEndSecondsAfter(ENDED),
                audit);
    }
}
