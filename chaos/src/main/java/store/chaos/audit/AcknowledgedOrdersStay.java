package store.chaos.audit;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Facts.Clients;
import store.chaos.audit.Verdict.Finding;

/** An answer counts as later than another only if its request was sent after the other answer had arrived. */
final class AcknowledgedOrdersStay extends Invariant {

    AcknowledgedOrdersStay() {
        super("I5", "an acknowledged order exists and never regresses");
    }

    @Override
    Finding judge(Facts facts, Deadlines deadlines) {
        var journal = facts.journal();
        if (journal == null) {
            return noJournal();
        }
        var check = new Check();
        for (var order : facts.orders().values()) {
            if (!order.answers().isEmpty()) {
                check.checked(order.id(), wrong(order, journal));
            }
        }
        return check.finding();
    }

    private static @Nullable String wrong(Order order, Clients journal) {
        if (order.row() == null) {
            return "it was acknowledged, and does not exist";
        }
        var status = order.row().status();
        String end = null;
        for (var answer : order.answers()) {
            if (answer.isFinal() && end != null && !end.equals(answer.status())) {
                return "clients saw it " + end + " and " + answer.status();
            }
            end = answer.isFinal() ? answer.status() : end;
        }
        if (end != null && !end.equals(status)) {
            return "clients saw it " + end + ", and it is " + status;
        }
        if (end != null
                && follows(order.answers(), Answer::isFinal, answer -> answer.status() != null && !answer.isFinal())) {
            return "clients saw it " + end + ", and unfinished afterwards";
        }
        if (order.answers().stream().anyMatch(saw("CANCELLING"))) {
            if (!List.of("CANCELLING", "CANCELLED", "NEEDS_ATTENTION").contains(status)) {
                return "clients saw it CANCELLING, and it is " + status;
            }
            if (follows(order.answers(), saw("CANCELLING"), saw("PENDING"))) {
                return "clients saw it CANCELLING, and PENDING afterwards";
            }
        }
        return wasNotFound(order, journal) ? "it was acknowledged, and not found afterwards" : null;
    }

    private static boolean wasNotFound(Order order, Clients journal) {
        var acknowledgedAt =
                order.answers().stream().mapToLong(Answer::answeredAt).min().orElseThrow();
        for (var answer : order.answers()) {
            var key =
                    answer.isPlacing() && answer.key() != null ? journal.keys().get(answer.key()) : null;
            if (key != null
                    && key.answers().stream()
                            .anyMatch(look -> look.call().equals("order")
                                    && look.httpStatus() == 404
                                    && look.sentAt() > acknowledgedAt)) {
                return true;
            }
        }
        return false;
    }

    private static Predicate<Answer> saw(String status) {
        return answer -> status.equals(answer.status());
    }

    /** Whether an attempt that got one was sent after an answer of the other kind had come. */
    private static boolean follows(List<Answer> answers, Predicate<Answer> before, Predicate<Answer> after) {
        var firstBefore =
                answers.stream().filter(before).mapToLong(Answer::answeredAt).min();
        var lastAfter = answers.stream().filter(after).mapToLong(Answer::sentAt).max();
        return firstBefore.isPresent() && lastAfter.isPresent() && firstBefore.getAsLong() < lastAfter.getAsLong();
    }
}
