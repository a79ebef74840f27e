package store.chaos.kill;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import store.chaos.audit.Verdict;
import store.chaos.kill.Breaking.Broken;

/**
 * The result of a kill test; {@code chaos/schema/kill-test.schema.json} describes it as JSON.
 *
 * @param verdict see {@link Shortcomings#verdict}
 * @param orders how many idempotency keys customers sent
 * @param openAtEnd how many orders were open when the last fault ended
 * @param boundSeconds the time in which those orders have to become final
 * @param lastEndSeconds from the end of the last fault to the end of the last order
 */
record Report(
        String verdict,
        List<String> brokenBecause,
        List<String> notShownBecause,
        List<String> notes,
        Instant startedAt,
        String name,
        String build,
        long seed,
        Path journal,
        double seconds,
        List<Broken> schedule,
        long orders,
        Acknowledgements acknowledged,
        Map<String, Long> firstAnswers,
        Map<String, Long> ends,
        long needsAttention,
        long openAtEnd,
        double boundSeconds,
        double lastEndSeconds,
        Verdict audit) {

    int exitCode() {
        return Verdict.exitCode(verdict);
    }

    String text() {
        var text = new StringBuilder("%n    at s  fault         %-38s for s  fired  back after s%n".formatted("on"));
        for (var fault : schedule) {
            text.append("%8.1f  %-13s %-38s %5.1f  %-5s  %12s%n"
                    .formatted(
                            fault.atSeconds(),
                            fault.kind(),
                            fault.target(),
                            fault.forSeconds(),
                            fault.fired() ? "yes" : "NO",
                            fault.backAfterSeconds() == null ? "NEVER" : fault.backAfterSeconds()));
        }
        line(text, "orders", "%d in %.0f s, seed %d, %s".formatted(orders, seconds, seed, build));
        line(
                text,
                "acknowledged",
                "%d at the first try, %d at a repeat within %d s (%.1f%%), slowest after %.1f s"
                        .formatted(
                                acknowledged.atFirstTry(),
                                acknowledged.atRepeat(),
                                Acknowledgements.PATIENCE.toSeconds(),
                                100 * acknowledged.share(),
                                acknowledged.slowestSeconds()));
        line(text, "first answers", counts(firstAnswers));
        line(text, "ends", counts(ends));
        line(text, "needed attention", Long.toString(needsAttention));
        line(
                text,
                "last end",
                "%.1f s after the last fault, with %d open then; the bound is %.0f s"
                        .formatted(lastEndSeconds, openAtEnd, boundSeconds));
        line(text, "branches", counts(audit.branches()));
        line(
                text,
                "invariants",
                audit.invariants().entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue().label())
                        .collect(Collectors.joining(", ")));
        line(text, "journal", journal.toString());
        brokenBecause.forEach(why -> line(text, "BROKEN", why));
        text.append(audit.historiesText());
        notShownBecause.forEach(why -> line(text, "NOT SHOWN", why));
        notes.forEach(note -> line(text, "note", note));
        return text.append("%n%s".formatted(verdict.replace('-', ' '))).toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append("%-17s %s%n".formatted(name, value));
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> words(count.getKey()) + " " + count.getValue())
                .collect(Collectors.joining(", "));
    }

    /** "timed out" for {@code TIMED_OUT} and for {@code timedOut}. */
    static String words(String name) {
        return (name.equals(name.toUpperCase(Locale.ROOT)) ? name : name.replaceAll("([A-Z])", "_$1"))
                .toLowerCase(Locale.ROOT)
                .replace('_', ' ');
    }
}
