package store.chaos.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import store.chaos.audit.Verdict;
import store.chaos.kill.Breaking.Broken;

/**
 * The reasons why a kill test may not be called held.
 *
 * @param broken promises that the store broke
 * @param notShown events that the test needs and did not see
 * @param notes oddities that say nothing about the promises
 */
record Shortcomings(List<String> broken, List<String> notShown, List<String> notes) {

    private static final double ACKNOWLEDGED_SHARE = 0.95;
    private static final List<String> ENDS = List.of("CONFIRMED", "DECLINED", "REJECTED", "CANCELLED", "GONE");

    /**
     * @param died parts that died without a fault
     * @param ends how many orders ended in each way, as their customers were told
     * @param doubts about the driver's figures
     */
    static Shortcomings of(
            boolean hasLinks,
            List<Broken> schedule,
            List<String> died,
            Acknowledgements acknowledged,
            Map<String, Long> ends,
            List<String> doubts,
            OrderBook atEnd,
            Verdict audit) {
        var found = new Shortcomings(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(doubts));
        died.forEach(part -> found.broken.add(part + " died by itself"));
        schedule.forEach(found::judgeFault);
        found.judgeOrders(acknowledged, ends, atEnd);
        found.judgeInvariants(audit, hasLinks);
        audit.branches().forEach((branch, orders) -> {
            if (orders == 0) {
                (branch.equals("ambiguousThenResolved") ? found.notShown : found.notes)
                        .add("no order was " + Report.words(branch));
            }
        });
        return found;
    }

    private void judgeFault(Broken fault) {
        var name = "%s %s at %.1f s".formatted(fault.kind(), fault.target(), fault.atSeconds());
        if (!fault.fired()) {
            notShown.add(name + " did not fire");
        }
        if (fault.backAfterSeconds() == null) {
            broken.add(fault.target() + " was not up again a minute after " + name);
        }
    }

    private void judgeOrders(Acknowledgements acknowledged, Map<String, Long> ends, OrderBook atEnd) {
        if (acknowledged.share() < ACKNOWLEDGED_SHARE) {
            broken.add("%.1f%% of the orders were acknowledged within %d s"
                    .formatted(100 * acknowledged.share(), Acknowledgements.PATIENCE.toSeconds()));
        }
        if (atEnd.everNeededAttention() > 0) {
            broken.add(atEnd.everNeededAttention() + " orders needed attention");
        }
        if (atEnd.open() > 0) {
            broken.add(atEnd.open() + " orders were open after their bound");
        }
        var ended = ENDS.stream().mapToLong(end -> ends.getOrDefault(end, 0L)).sum();
        if (ended < acknowledged.keys()) {
            broken.add(acknowledged.keys() - ended + " customers were not told their order's end");
        }
    }

    private void judgeInvariants(Verdict audit, boolean hasLinks) {
        audit.invariants().forEach((invariant, finding) -> {
            var held = finding.held();
            if (held == null) {
                (invariant.equals("I9") && !hasLinks ? notes : notShown)
                        .add(invariant + " is not judged: " + finding.notJudged());
            } else if (!held) {
                broken.add("%s: %d violations, the first: %s"
                        .formatted(
                                invariant,
                                finding.violated(),
                                finding.violations().getFirst().why()));
            } else if (finding.inFlight() > 0) {
                notShown.add(invariant + ": " + finding.inFlight() + " orders are still in flight");
            } else if (finding.checked() == 0) {
                notes.add(invariant + ": there was nothing to judge it by");
            }
        });
    }

    /** {@code broken} if a promise is, else {@code not-shown} if something was not seen, else {@code held}. */
    String verdict() {
        return !broken.isEmpty() ? "broken" : !notShown.isEmpty() ? "not-shown" : "held";
    }
}
