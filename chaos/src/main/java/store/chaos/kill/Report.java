package store.chaos.kill;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import store.chaos.audit.Verdict;
import store.chaos.audit.Verdict.Finding;
import store.chaos.kill.Breaking.Broken;

/**
 * What a kill test has shown; {@code chaos/schema/kill-test.schema.json} describes it as JSON.
 *
 * @param verdict {@code held}; {@code broken} if a promise was; {@code not-shown} if none was but something did not happen that was to
 * @param notes what is odd and says nothing about the store's promises
 * @param openAtEnd orders that were open when the last fault ended
 * @param boundSeconds in which those have to become final
 * @param lastEndSeconds from the last fault's end to the last order's
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

    private static final double ACKNOWLEDGED_SHARE = 0.95;

    /** What was seen, before it is judged. */
    record Seen(
            Instant startedAt,
            String name,
            String build,
            boolean hasLinks,
            long seed,
            Path journal,
            double seconds,
            List<Broken> schedule,
            List<String> diedByThemselves,
            Acknowledgements acknowledged,
            Map<String, Long> firstAnswers,
            Map<String, Long> ends,
            List<String> doubts,
            OrderBook atFaultsEnd,
            OrderBook atEnd,
            double boundSeconds,
            Instant faultsEnded,
            Verdict audit) {}

    static Report of(Seen seen) {
        var broken = new ArrayList<String>();
        var notShown = new ArrayList<String>();
        var notes = new ArrayList<>(seen.doubts());
        judgeFaults(seen, broken, notShown);
        judgeOrders(seen, broken);
        seen.audit()
                .invariants()
                .forEach((invariant, finding) -> judge(invariant, finding, seen, broken, notShown, notes));
        seen.audit().branches().forEach((branch, orders) -> {
            if (orders == 0) {
                (branch.equals("ambiguousThenResolved") ? notShown : notes).add("no order was " + words(branch));
            }
        });
        return new Report(
                !broken.isEmpty() ? "broken" : !notShown.isEmpty() ? "not-shown" : "held",
                broken,
                notShown,
                notes,
                seen.startedAt(),
                seen.name(),
                seen.build(),
                seen.seed(),
                seen.journal(),
                seen.seconds(),
                seen.schedule(),
                seen.acknowledged().keys(),
                seen.acknowledged(),
                seen.firstAnswers(),
                seen.ends(),
                seen.atEnd().everNeededAttention(),
                seen.atFaultsEnd().open(),
                seen.boundSeconds(),
                Math.max(
                        0,
                        (seen.atEnd().lastEnd().toEpochMilli()
                                        - seen.faultsEnded().toEpochMilli())
                                / 1e3),
                seen.audit());
    }

    private static void judgeFaults(Seen seen, List<String> broken, List<String> notShown) {
        seen.diedByThemselves().forEach(part -> broken.add(part + " died by itself"));
        for (var fault : seen.schedule()) {
            var name = "%s %s at %.1f s".formatted(fault.kind(), fault.target(), fault.atSeconds());
            if (!fault.fired()) {
                notShown.add(name + " did not fire");
            }
            if (fault.backAfterSeconds() == null) {
                broken.add(fault.target() + " was not up again a minute after " + name);
            }
        }
    }

    private static void judgeOrders(Seen seen, List<String> broken) {
        if (seen.acknowledged().share() < ACKNOWLEDGED_SHARE) {
            broken.add("%.1f%% of the orders were acknowledged within %d s"
                    .formatted(100 * seen.acknowledged().share(), Acknowledgements.PATIENCE.toSeconds()));
        }
        if (seen.atEnd().everNeededAttention() > 0) {
            broken.add(seen.atEnd().everNeededAttention() + " orders needed attention");
        }
        if (seen.atEnd().open() > 0) {
            broken.add(seen.atEnd().open() + " orders were open after their bound");
        }
        var ended = seen.ends().entrySet().stream()
                .filter(end -> List.of("CONFIRMED", "DECLINED", "REJECTED", "CANCELLED", "GONE")
                        .contains(end.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
        if (ended < seen.acknowledged().keys()) {
            broken.add(seen.acknowledged().keys() - ended + " customers were not told their order's end");
        }
    }

    private static void judge(
            String invariant,
            Finding finding,
            Seen seen,
            List<String> broken,
            List<String> notShown,
            List<String> notes) {
        var held = finding.held();
        if (held == null) {
            (invariant.equals("I9") && !seen.hasLinks() ? notes : notShown)
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
            notes.add(invariant + ": nothing came up that it could be judged by");
        }
    }

    int exitCode() {
        return switch (verdict) {
            case "held" -> 0;
            case "broken" -> 1;
            default -> 3;
        };
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
                        .map(entry -> entry.getKey() + " "
                                + (entry.getValue().held() == null
                                        ? "not judged"
                                        : entry.getValue().held() ? "held" : "BROKEN"))
                        .collect(Collectors.joining(", ")));
        line(text, "journal", journal.toString());
        brokenBecause.forEach(why -> line(text, "BROKEN", why));
        audit.histories().forEach((order, events) -> {
            text.append("%norder %s%n".formatted(order));
            events.forEach(
                    event -> text.append("  %-27s %-13s %s%n".formatted(event.at(), event.source(), event.what())));
        });
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

    /** {@code TIMED_OUT} and {@code timedOut} alike. */
    private static String words(String name) {
        return (name.equals(name.toUpperCase(Locale.ROOT)) ? name : name.replaceAll("([A-Z])", "_$1"))
                .toLowerCase(Locale.ROOT)
                .replace('_', ' ');
    }
}
