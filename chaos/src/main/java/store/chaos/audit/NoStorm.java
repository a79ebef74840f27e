package store.chaos.audit;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import store.chaos.audit.Verdict.Finding;

/**
 * A receiver's requests are the first attempts meant for it, counted where they arise:
 *
 * <ul>
 *   <li>at inventory, for a checkout one reserve and, at its end, one commit or release; for a cancelled order one release more
 *   <li>at payment, for a checkout one charge; for a cancelled order one void more (both from the orders' audit)
 *   <li>at the acquirer, for a payment that was begun one capture; for one that is voided one void more (the payments' events)
 *   <li>at order-service and for the catalogue, the requests that clients sent (the journal)
 * </ul>
 *
 * <p>All further arrivals are retries, which have a tenth and a floor of one a second, or recovery, which has its cap. Each caller has its
 * own floor and cap towards each dependency, so each calling instance has them. The gateway has neither, so it adds none.
 */
final class NoStorm extends Invariant {

    private static final List<String> RECEIVERS =
            List.of("order-service", "inventory-service", "payment-service", "acquirer-sandbox");

    private static final int WINDOW_SECONDS = 10;
    private static final double RETRY_SHARE = 1.1;
    private static final int BUDGET_FLOOR_PER_SECOND = 1;

    /** A call may arrive after the request that it serves, by at most that request's deadline. */
    private static final int DEADLINE_SECONDS = 3;

    /** The journal has an attempt once it was answered or given up: chaos/load waits this long for an answer. */
    private static final int UNWRITTEN_SECONDS = 10;

    NoStorm() {
        super("I9", "no receiver gets more than 1.1 times the requests meant for it, plus recovery's share");
    }

    @Override
    Finding judge(Facts facts, Deadlines deadlines) {
        if (facts.arrivals() == null) {
            return Finding.notJudged("no arrivals: only the links count them");
        }
        var unknown = new TreeSet<String>();
        var arrivals = new TreeMap<String, NavigableMap<Long, Long>>();
        var callers = new HashMap<String, Set<String>>();
        var written = facts.now().getEpochSecond() - UNWRITTEN_SECONDS;
        facts.arrivals().forEach((link, counts) -> {
            var caller = link.substring(0, Math.max(0, link.indexOf(':')));
            var receiver = link.substring(link.indexOf(':') + 1).replaceFirst("-\\d+$", "");
            var sentByClients = caller.startsWith("gateway");
            if (!RECEIVERS.contains(receiver) || sentByClients && facts.journal() == null) {
                unknown.add(link);
                return;
            }
            addAll(arrivals, receiver, sentByClients ? counts.headMap(written, false) : counts);
            if (!sentByClients) {
                callers.computeIfAbsent(receiver, _ -> new HashSet<>()).add(caller);
            }
        });
        var asked = asked(facts);
        var check = new Check();
        arrivals.forEach((receiver, arrived) -> {
            var instances = Math.max(1, callers.getOrDefault(receiver, Set.of()).size());
            var granted = WINDOW_SECONDS
                    * instances
                    * (BUDGET_FLOOR_PER_SECOND + deadlines.bounds().recoveryPerSecond());
            var requested = Objects.requireNonNull(asked.get(receiver));
            var worst = arrived.keySet().stream()
                    .map(from -> Window.of(from, arrived, requested, granted))
                    .filter(window -> window.excess() > 0)
                    .max(Comparator.comparingDouble(Window::excess));
            check.checked(null, worst.map(window -> receiver + ": " + window).orElse(null));
        });
        return unknown.isEmpty()
                ? check.finding()
                : check.finding().but("no source counts the requests meant for " + String.join(", ", unknown));
    }

    /** The requests meant for each receiver, by second. */
    private static Map<String, NavigableMap<Long, Long>> asked(Facts facts) {
        var asked = new HashMap<String, NavigableMap<Long, Long>>();
        RECEIVERS.forEach(receiver -> asked.put(receiver, new TreeMap<>()));
        if (facts.journal() != null) {
            facts.journal().asked().forEach((receiver, counts) -> addAll(asked, receiver, counts));
        }
        for (var order : facts.orders().values()) {
            var isNew = true;
            for (var change : order.changes()) {
                var status = change.status();
                if (isNew || status.equals("CANCELLING")) {
                    Facts.add(asked, "inventory-service", change.at() / 1000, 1); // to reserve, or to release
                    Facts.add(asked, "payment-service", change.at() / 1000, 1); // to charge, or to void
                } else if (Order.FINAL.contains(status) && !status.equals("CANCELLED")) {
                    Facts.add(asked, "inventory-service", change.at() / 1000, 1); // to settle
                }
                isNew = false;
            }
            for (var step : order.paymentSteps()) {
                if (step.from() == null || step.to().equals("VOIDING")) {
                    Facts.add(asked, "acquirer-sandbox", step.at() / 1000, 1); // to capture, or to void
                }
            }
        }
        return asked;
    }

    private static void addAll(Map<String, NavigableMap<Long, Long>> counts, String receiver, Map<Long, Long> more) {
        more.forEach((second, requests) -> Facts.add(counts, receiver, second, requests));
    }

    private record Window(long from, long arrived, long requests, double limit) {

        static Window of(long from, NavigableMap<Long, Long> arrived, NavigableMap<Long, Long> requested, int granted) {
            var requests = sum(requested, from - DEADLINE_SECONDS, from + WINDOW_SECONDS);
            return new Window(
                    from, sum(arrived, from, from + WINDOW_SECONDS), requests, RETRY_SHARE * requests + granted);
        }

        private static long sum(NavigableMap<Long, Long> counts, long from, long to) {
            return counts.subMap(from, true, to, false).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }

        double excess() {
            return arrived - limit;
        }

        @Override
        public String toString() {
            return "%d arrivals in the 10 s from %s, for %d requests at most %.0f"
                    .formatted(arrived, Instant.ofEpochSecond(from), requests, limit);
        }
    }
}
