package store.chaos.audit;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an audit decided; {@code chaos/schema/audit.schema.json} describes it as JSON.
 *
 * @param verdict {@code held}, {@code broken} if one invariant is, or {@code not-shown} if none is but not all were judged
 * @param at the order database's clock at its snapshot
 * @param orders how many the order database has
 * @param invariants by name, from {@code I1} to {@code I10}
 * @param branches how many orders took each way through a checkout
 * @param histories what every source knows of the first orders that are named, by order id
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
     * What became of one invariant.
     *
     * @param held null if it was not judged
     * @param inFlight orders that are not where they have to end, and still have time
     * @param violations at most 1000 of {@code violated}
     * @param notJudged why, if it was not; or what of it was not, and why
     */
    public record Finding(
            @Nullable Boolean held,
            long checked,
            long inFlight,
            long violated,
            List<Violation> violations,
            @Nullable String notJudged) {

        static Finding notJudged(String why) {
            return new Finding(null, 0, 0, 0, List.of(), why);
        }

        /** Apart from something. */
        Finding but(String why) {
            return new Finding(held, checked, inFlight, violated, violations, why);
        }
    }

    /** @param orderId null where the violation is no order's but a product's or a link's */
    public record Violation(@Nullable UUID orderId, String why) {}

    /** @param source where it is written */
    public record Event(Instant at, String source, String what) {}

    static String of(Map<String, Finding> findings) {
        if (findings.values().stream().anyMatch(finding -> Boolean.FALSE.equals(finding.held()))) {
            return "broken";
        }
        return findings.values().stream().allMatch(finding -> Boolean.TRUE.equals(finding.held()))
                ? "held"
                : "not-shown";
    }
}
