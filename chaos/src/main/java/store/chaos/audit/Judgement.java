package store.chaos.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Facts.Order;
import store.chaos.audit.Verdict.Finding;
import store.chaos.audit.Verdict.Violation;

/**
 * The ten invariants of a checkout, decided over {@link Facts}.
 *
 * <p>I3, I4 and I7 give an order time. One that is where it has to end is judged at once, because nothing leaves an end; one that is not
 * counts against the store only past its bound, and is in flight until then.
 */
final class Judgement {

    /** What a reader can still take in; the rest is counted. */
    private static final int MOST_LISTED = 1000;

    private static final int WINDOW_SECONDS = 10;
    private static final double RETRY_SHARE = 1.1;
    private static final int BUDGET_FLOOR_PER_SECOND = 1;

    /** A call may arrive as late after the request it serves as that request's deadline allows. */
    private static final int DEADLINE_SECONDS = 3;

    /** A client's line is in the journal when it was answered or gave up: as long as chaos/load waits for an answer. */
    private static final int UNWRITTEN_SECONDS = 10;

    /** Gathers one invariant's findings. */
    private static final class Check {
        private final List<Violation> violations = new ArrayList<>();
        private long checked;
        private long inFlight;
        private long violated;

        void violated(@Nullable UUID order, String why) {
            violated++;
            if (violations.size() < MOST_LISTED) {
                violations.add(new Violation(order, why));
            }
        }

        Finding finding() {
            return checked == 0 && violated == 0
                    ? Finding.notJudged(inFlight == 0 ? "there is nothing to judge" : "all orders are in flight")
                    : new Finding(violated == 0, checked, inFlight, violated, List.copyOf(violations), null);
        }
    }

    private final Facts facts;
    private final Bounds bounds;
    private final Backlog orders;
    private final Backlog settlements;
    private final long now;

    Judgement(Facts facts, Bounds bounds) {
        this.facts = facts;
        this.bounds = bounds;
        this.now = facts.now.toEpochMilli();
        orders = Backlog.of(facts, order -> order.status != null, order -> order.createdAt, order -> order.finalAt);
        settlements = Backlog.of(
                facts,
                order -> order.isFinal() && order.reservation != null && !order.reservation.equals("WITHDRAWN"),
                order -> order.finalAt,
                order -> Objects.equals(order.reservation, "HELD") ? 0 : Math.max(order.reservationAt, order.finalAt));
    }

    /** By the invariant's name, in order. */
    Map<String, Finding> findings() {
        var findings = new TreeMap<String, Finding>((a, b) -> Integer.compare(number(a), number(b)));
        findings.put("I1", piecesNeverVanish());
        findings.put("I2", nothingOrTheTotal());
        findings.put("I3", capturedMeansConfirmedOrUndone());
        findings.put("I4", endsMeanWhatTheySay());
        findings.put("I5", facts.journalGiven ? acknowledgedOrdersStay() : noJournal());
        findings.put("I6", facts.journalGiven ? oneAnswerPerKey() : noJournal());
        findings.put("I7", everyOrderEnds());
        findings.put("I8", auditsReplay());
        findings.put("I9", noStorm());
        findings.put("I10", facts.journalGiven ? refusedMeansNotCharged() : noJournal());
        return findings;
    }

    private static int number(String invariant) {
        return Integer.parseInt(invariant.substring(1));
    }

    private static Finding noJournal() {
        return Finding.notJudged("no journal: only clients know what they were answered");
    }

    private Finding piecesNeverVanish() {
        var check = new Check();
        for (var stock : facts.stock) {
            check.checked++;
            if (stock.available() < 0 || stock.initial() != stock.available() + stock.held() + stock.sold()) {
                check.violated(
                        null,
                        "%s: initial %d is not available %d + held %d + sold %d"
                                .formatted(
                                        stock.sku(), stock.initial(), stock.available(), stock.held(), stock.sold()));
            }
            if (stock.held() != stock.reserved() || stock.sold() != stock.committed()) {
                check.violated(
                        null,
                        "%s: held %d and sold %d, but reservations hold %d and have sold %d"
                                .formatted(
                                        stock.sku(), stock.held(), stock.sold(), stock.reserved(), stock.committed()));
            }
        }
        return check.finding();
    }

    /**
     * Adds up amounts, and judges the sum at any time: a second capture that was voided soon after was a second charge all the same. A sum
     * that is neither nothing nor the total passes only while the payment says so and the order has not ended.
     */
    private Finding nothingOrTheTotal() {
        var check = new Check();
        for (var order : facts.all()) {
            var wrong = wrongSum(order);
            if (wrong == null && !isWhole(order) && !order.isFinal() && Objects.equals(order.payment, "UNRECONCILED")) {
                check.inFlight++;
                continue;
            }
            check.checked++;
            if (wrong != null) {
                check.violated(order.id, wrong);
            } else if (!isWhole(order)) {
                check.violated(
                        order.id,
                        order.status == null
                                ? "captured %d, and %d of it stands".formatted(order.largestCapture, order.net)
                                : "captured %d, but its total is %d %s"
                                        .formatted(order.net, order.total, order.currency));
            }
        }
        return check.finding();
    }

    /** What is wrong with its movements whatever the payment says. */
    private static @Nullable String wrongSum(Order order) {
        if (order.unknownMovement != null) {
            return "the statement has a " + order.unknownMovement + ", which nothing here can add up";
        }
        if (order.otherCurrency) {
            return "moved in another currency than " + order.currency;
        }
        if (order.mostAtOnce > 0) {
            return "captured %d times, and %d of it stood at once".formatted(order.captures, order.mostAtOnce);
        }
        if (order.leastNet < 0) {
            return "%d more returned than captured: %d captures, %d voids or refunds, %d chargebacks"
                    .formatted(-order.leastNet, order.captures, order.undone, order.chargebacks);
        }
        return null;
    }

    /** Where the order is missing, nobody knows the total: then what stands must be a whole capture. */
    private static boolean isWhole(Order order) {
        return order.net == 0 || order.net == (order.status == null ? order.largestCapture : order.total);
    }

    private Finding capturedMeansConfirmedOrUndone() {
        var check = new Check();
        for (var order : facts.all()) {
            if (order.captures == 0 && !order.isFinal()) {
                continue;
            }
            var deadline = Math.max(deadline(order), captureDeadline(order));
            var undone = order.net <= 0;
            if (undone && order.undoneAt <= deadline || Objects.equals(order.status, "CONFIRMED")) {
                check.checked++;
            } else if (now <= deadline) {
                check.inFlight++;
            } else {
                check.checked++;
                check.violated(
                        order.id,
                        undone
                                ? "captured, " + named(order) + ", and undone only " + late(order.undoneAt, deadline)
                                : "captured, but " + named(order));
            }
        }
        return check.finding();
    }

    private Finding endsMeanWhatTheySay() {
        var check = new Check();
        for (var order : facts.all()) {
            if (order.status != null && !order.isFinal()) {
                continue; // one whose row is missing must have left nothing behind, like one that was refused
            }
            var wrong = Objects.equals(order.status, "CONFIRMED") ? unfulfilled(order) : leftOver(order);
            if (wrong != null && now <= settlementDeadline(order)) {
                check.inFlight++;
                continue;
            }
            check.checked++;
            if (wrong != null) {
                check.violated(order.id, named(order) + ", but " + wrong);
            }
        }
        return check.finding();
    }

    /** A chargeback later leaves the order as it is: the store has kept what it captured. */
    private static @Nullable String unfulfilled(Order order) {
        if (order.kept <= 0) {
            return order.captures == 0 ? "nothing was captured" : "its capture was undone";
        }
        return Objects.equals(order.reservation, "COMMITTED")
                ? null
                : "its stock is " + (order.reservation == null ? "not reserved" : order.reservation);
    }

    private static @Nullable String leftOver(Order order) {
        if (order.net > 0) {
            return "%d %s stays captured".formatted(order.net, order.currency);
        }
        return Objects.equals(order.reservation, "HELD") || Objects.equals(order.reservation, "COMMITTED")
                ? "its stock is " + order.reservation
                : null;
    }

    private Finding acknowledgedOrdersStay() {
        var check = new Check();
        for (var order : facts.all()) {
            var seen = order.seen;
            if (seen == null) {
                continue;
            }
            check.checked++;
            var key = seen.key == null ? null : facts.keys.get(seen.key);
            if (order.status == null) {
                check.violated(order.id, "it was acknowledged, and does not exist");
            } else if (seen.otherEnd != null) {
                check.violated(order.id, "clients saw it " + seen.otherEnd + " and " + seen.end);
            } else if (seen.end != null && !seen.end.equals(order.status)) {
                check.violated(order.id, "clients saw it " + seen.end + ", and it is " + order.status);
            } else if (seen.firstEnd < seen.lastUnfinished) {
                check.violated(order.id, "clients saw it " + seen.end + ", and unfinished afterwards");
            } else if (seen.firstCancelling < Long.MAX_VALUE
                    && !List.of("CANCELLING", "CANCELLED", "NEEDS_ATTENTION").contains(order.status)) {
                check.violated(order.id, "clients saw it CANCELLING, and it is " + order.status);
            } else if (seen.firstCancelling < seen.lastPending) {
                check.violated(order.id, "clients saw it CANCELLING, and PENDING afterwards");
            } else if (key != null && key.lastNotFound > seen.firstKnown) {
                check.violated(order.id, "it was acknowledged, and not found afterwards");
            }
        }
        return check.finding();
    }

    private Finding oneAnswerPerKey() {
        var check = new Check();
        facts.keys.forEach((id, key) -> {
            if (key.order == null) {
                return;
            }
            check.checked++;
            var stored = facts.byKey.get(id);
            if (key.otherOrder != null) {
                check.violated(key.order, "its key %s also named order %s".formatted(key.name, key.otherOrder));
            } else if (stored != null && !stored.id.equals(key.order)) {
                check.violated(key.order, "its key %s belongs to order %s".formatted(key.name, stored.id));
            } else if (key.otherAnswer) {
                check.violated(key.order, "repeats of its key %s got other final bytes".formatted(key.name));
            } else if (stored != null && stored.answer != 0 && key.answer != 0 && stored.answer != key.answer) {
                check.violated(key.order, "its key %s got other final bytes than are stored".formatted(key.name));
            }
        });
        return check.finding();
    }

    private Finding everyOrderEnds() {
        var check = new Check();
        for (var order : facts.all()) {
            if (order.status == null) {
                continue; // one that was acknowledged is missing under I5, one that was charged under I3
            }
            var deadline = deadline(order);
            if (order.isFinal()) {
                check.checked++;
                if (order.finalAt > deadline) {
                    check.violated(order.id, named(order) + " only " + late(order.finalAt, deadline));
                }
            } else if (now <= deadline) {
                check.inFlight++;
            } else {
                check.checked++;
                check.violated(order.id, named(order) + " still, " + late(now, deadline));
            }
        }
        return check.finding();
    }

    private Finding auditsReplay() {
        var check = new Check();
        for (var order : facts.all()) {
            check.checked++;
            if (order.auditBreak != null) {
                check.violated(order.id, order.auditBreak);
            } else if (!Objects.equals(order.audited, order.status)
                    || !Objects.equals(order.auditedReason, order.reason)) {
                check.violated(
                        order.id,
                        "its audit ends %s (%s), but %s".formatted(order.audited, order.auditedReason, named(order)));
            }
            if (order.reservationBreak != null) {
                check.violated(order.id, order.reservationBreak);
            } else if (!Objects.equals(order.reservationEvent, order.reservation)) {
                check.violated(
                        order.id,
                        "its reservation's events end %s, but the reservation is %s"
                                .formatted(order.reservationEvent, order.reservation));
            }
            if (order.paymentBreak != null) {
                check.violated(order.id, order.paymentBreak);
            } else if (!Objects.equals(order.paymentEvent, order.payment)) {
                check.violated(
                        order.id,
                        "its payment's events end %s, but the payment is %s"
                                .formatted(order.paymentEvent, order.payment));
            }
        }
        return check.finding();
    }

    /**
     * A receiver's requests are the first attempts that were meant for it, whoever counted them where they arose: for a checkout one
     * reserve and, at its end, one commit or release at inventory; one charge at payment, and one capture at the acquirer for a payment
     * that was begun; for a cancelled order one release and one void more (the orders' audit and the payments' events); at order-service
     * and for the catalogue what clients sent (the journal). All beyond these is retries, which have a tenth and a floor of one a second,
     * and recovery, which has its cap; floor and cap are each caller's towards each dependency, so each instance that calls has them. The
     * gateway has neither, so it adds none.
     */
    private Finding noStorm() {
        if (!facts.arrivalsGiven) {
            return Finding.notJudged("no arrivals: only the links count them");
        }
        var unknown = new TreeSet<String>();
        var arrivals = new TreeMap<String, TreeMap<Long, Long>>();
        var callers = new HashMap<String, Set<String>>();
        var written = facts.now.getEpochSecond() - UNWRITTEN_SECONDS;
        facts.arrivals.forEach((link, counts) -> {
            var caller = link.substring(0, Math.max(0, link.indexOf(':')));
            var receiver = link.substring(link.indexOf(':') + 1).replaceFirst("-\\d+$", "");
            var sentByClients = caller.startsWith("gateway");
            if (!facts.asked.containsKey(receiver) || sentByClients && !facts.journalGiven) {
                unknown.add(link);
                return;
            }
            (sentByClients ? counts.headMap(written) : counts)
                    .forEach((second, count) -> arrivals.computeIfAbsent(receiver, _ -> new TreeMap<>())
                            .merge(second, count, Long::sum));
            if (!sentByClients) {
                callers.computeIfAbsent(receiver, _ -> new HashSet<>()).add(caller);
            }
        });
        var check = new Check();
        arrivals.forEach((receiver, arrived) -> {
            check.checked++;
            var instances = Math.max(1, callers.getOrDefault(receiver, Set.of()).size());
            var granted = WINDOW_SECONDS * instances * (BUDGET_FLOOR_PER_SECOND + bounds.recoveryPerSecond());
            var asked = Objects.requireNonNull(facts.asked.get(receiver));
            arrived.keySet().stream()
                    .map(from -> {
                        var requests = sum(asked, from - DEADLINE_SECONDS, from + WINDOW_SECONDS);
                        return new Window(
                                from,
                                sum(arrived, from, from + WINDOW_SECONDS),
                                requests,
                                RETRY_SHARE * requests + granted);
                    })
                    .filter(window -> window.arrived() > window.limit())
                    .max((a, b) -> Double.compare(a.excess(), b.excess()))
                    .ifPresent(worst -> check.violated(
                            null,
                            "%s: %d arrivals in the 10 s from %s, for %d requests at most %.0f"
                                    .formatted(
                                            receiver,
                                            worst.arrived(),
                                            Instant.ofEpochSecond(worst.from()),
                                            worst.requests(),
                                            worst.limit())));
        });
        return unknown.isEmpty()
                ? check.finding()
                : check.finding().but("nobody knows what was asked over " + String.join(", ", unknown));
    }

    private record Window(long from, long arrived, long requests, double limit) {
        double excess() {
            return arrived - limit;
        }
    }

    private static long sum(TreeMap<Long, Long> counts, long from, long to) {
        return counts.subMap(from, to).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /**
     * The attempt that made an order has its line in the journal only when it was given up or answered, so a young order's may be missing.
     * A run without any refusal holds.
     */
    private Finding refusedMeansNotCharged() {
        var check = new Check();
        facts.keys.forEach((id, key) -> {
            if (!key.placed || !key.onlyRefused) {
                return;
            }
            var order = facts.byKey.get(id);
            if (order != null && order.captures > 0 && now <= deadline(order)) {
                check.inFlight++;
                return;
            }
            check.checked++;
            if (order != null && order.captures > 0) {
                check.violated(
                        order.id, "captured, though every attempt with its key %s was refused".formatted(key.name));
            }
        });
        return new Finding(check.violated == 0, check.checked, check.inFlight, check.violated, check.violations, null);
    }

    /** I7's bound. */
    private long deadline(Order order) {
        return deadlineFrom(order.bornAt());
    }

    private long deadlineFrom(long time) {
        var from = Math.max(
                time, bounds.faultEnded() == null ? 0 : bounds.faultEnded().toEpochMilli());
        var backlog = orders.openAt(from) + settlements.openAt(from);
        return from + bounds.within().toMillis() + 1000 * backlog / bounds.recoveryPerSecond();
    }

    private long captureDeadline(Order order) {
        return order.captures == 0 ? 0 : deadlineFrom(order.capturedAt);
    }

    /** Settling begins at the end of the order; an order that ended late is late under I7, and not here as well. */
    private long settlementDeadline(Order order) {
        return deadlineFrom(Math.max(order.bornAt(), order.finalAt));
    }

    private static String named(Order order) {
        return order.status == null
                ? "no order has this id"
                : "the order is " + order.status + (order.reason == null ? "" : " (" + order.reason + ")");
    }

    private static String late(long at, long deadline) {
        return "%.1f s past its bound".formatted((at - deadline) / 1000.0);
    }

    /** How many were open at any one time. */
    private record Backlog(long[] begun, long[] ended) {

        interface Time {
            long of(Order order);
        }

        /** @param ended 0 for one that has not */
        static Backlog of(Facts facts, Predicate<Order> counted, Time begun, Time ended) {
            var orders = facts.all().stream().filter(counted).toList();
            return new Backlog(
                    orders.stream().mapToLong(begun::of).sorted().toArray(),
                    orders.stream()
                            .mapToLong(ended::of)
                            .filter(time -> time > 0)
                            .sorted()
                            .toArray());
        }

        long openAt(long time) {
            return Math.max(0, upTo(begun, time) - upTo(ended, time));
        }

        private static int upTo(long[] sorted, long time) {
            var low = 0;
            var high = sorted.length;
            while (low < high) {
                var middle = (low + high) >>> 1;
                if (sorted[middle] <= time) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }
}
