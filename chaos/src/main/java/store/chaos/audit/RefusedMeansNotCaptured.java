package store.chaos.audit;

import store.chaos.audit.Verdict.Finding;

/**
 * The journal has an attempt only once it was answered or given up, so the attempt that made a young order may be missing. A run without
 * any refusal holds.
 */
final class RefusedMeansNotCaptured extends Invariant {

    RefusedMeansNotCaptured() {
        super("I10", "no capture for a key whose every attempt was refused");
    }

    @Override
    Finding judge(Facts facts, Deadlines deadlines) {
        if (facts.journal() == null) {
            return noJournal();
        }
        var check = new Check();
        for (var key : facts.journal().keys().values()) {
            var placing = key.answers().stream().filter(Answer::isPlacing).toList();
            if (placing.isEmpty() || !placing.stream().allMatch(RefusedMeansNotCaptured::isRefusal)) {
                continue;
            }
            var order = key.stored();
            if (order == null || !order.isCaptured()) {
                check.checked(null, null);
            } else {
                check.checked(
                        order.id(),
                        "captured, though every attempt with its key %s was refused".formatted(key.name()),
                        deadlines.isAhead(deadlines.of(order)));
            }
        }
        return check.findingEvenOfNothing();
    }

    private static boolean isRefusal(Answer answer) {
        return answer.httpStatus() == 429 || answer.httpStatus() == 503 && "not-accepted".equals(answer.problem());
    }
}
