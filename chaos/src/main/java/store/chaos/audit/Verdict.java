package store.chaos.audit;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The result of an audit; {@code chaos/schema/audit.schema.json} describes it as JSON.
 *
 * @param verdict {@code held}; {@code broken} if an invariant is; {@code not-shown} if none is broken but not all were judged
 * @param at the order database's clock at its snapshot
 * @param orders how many orders the order database has
 * @param invariants by name, from {@code I1} to {@code I10}
 * @param branches how many orders took each way through a checkout
 * @param histories the records of every source about the first 20 orders that violations name, by order id
 */
public record Verdict(
        String verdict,
        Instant at,
        long orders,
        Map<String, Finding> invariants,
        Map<String, Long> branches,
        long chargebacks,
        Map<UUID, List<Event>> histories) {

    /**
     * The result for one invariant.
     *
     * @param held null if the invariant was not judged
     * @param inFlight orders that are not yet where they must end, and still have time
     * @param violations the first 1000 of {@code violated}
     * @param notJudged why the invariant, or a part of it, was not judged
     */
    public record Finding(
            @Nullable Boolean held,
            long checked,
            long inFlight,
            long violated,
            List<Violation> violations,
            @Nullable String notJudged) {

        /** For a reader: {@code held}, {@code BROKEN} or {@code not judged}. */
        public String label() {
            return held == null ? "not judged" : held ? "held" : "BROKEN";
        }

        static Finding notJudged(String why) {
            return new Finding(null, 0, 0, 0, List.of(), why);
        }

        /** The same finding, with the part that was not judged. */
        Finding but(String why) {
            return new Finding(held, checked, inFlight, violated, violations, why);
        }
    }

    /** @param orderId null for a violation by a product or a receiver */
    public record Violation(@Nullable UUID orderId, String why) {}

    /** @param source that has recorded the event */
    public record Event(Instant at, String source, String what) {}

    /** The histories for a reader, one line an event. */
    public String historiesText() {
        var text = new StringBuilder();
        histories.forEach((order, events) -> {
            text.append("%norder %s%n".formatted(order));
            events.forEach(
                    event -> text.append("  %-27s %-13s %s%n".formatted(event.at(), event.source(), event.what())));
        });
        return text.toString();
    }

    /** The exit code of a command with this verdict. */
    public static int exitCode(String verdict) {
        return switch (verdict) {
            case "held" -> 0;
            case "broken" -> 1;
            default -> 3;
        };
    }

    static String of(Map<String, Finding> findings) {
        if (findings.values().stream().anyMatch(finding -> Boolean.FALSE.equals(finding.held()))) {
            return "broken";
        }
        return findings.values().stream().allMatch(finding -> Boolean.TRUE.equals(finding.held()))
                ? "held"
                : "not-shown";
    }
}
