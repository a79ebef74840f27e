package store.chaos.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict.Finding;
import store.chaos.audit.Verdict.Violation;

/** One promise of a store, in a sentence, and how it is judged. */
abstract class Invariant {

    /** More than a reader can take in; the rest is only counted. */
    private static final int MOST_LISTED = 1000;

    private final String name;
    private final String sentence;

    Invariant(String name, String sentence) {
        this.name = name;
        this.sentence = sentence;
    }

    final String name() {
        return name;
    }

    final String sentence() {
        return sentence;
    }

    abstract Finding judge(Facts facts, Deadlines deadlines);

    /** An invariant of each order by itself. */
    abstract static class PerOrder extends Invariant {

        PerOrder(String name, String sentence) {
            super(name, sentence);
        }

        @Override
        final Finding judge(Facts facts, Deadlines deadlines) {
            var check = new Check();
            facts.orders().values().forEach(order -> judge(order, deadlines, check));
            return check.finding();
        }

        abstract void judge(Order order, Deadlines deadlines, Check check);
    }

    static Finding noJournal() {
        return Finding.notJudged("no journal: only clients know what they were answered");
    }

    /** Gathers what is found of one invariant. */
    static final class Check {
        private final List<Violation> violations = new ArrayList<>();
        private long checked;
        private long inFlight;
        private long violated;

        /** @param wrong null if nothing is */
        void checked(@Nullable UUID order, @Nullable String wrong) {
            checked++;
            alsoChecked(order, wrong);
        }

        /** The same, but the order is in flight if something is wrong and it still has time. */
        void checked(UUID order, @Nullable String wrong, boolean hasTime) {
            if (wrong != null && hasTime) {
                inFlight++;
            } else {
                checked(order, wrong);
            }
        }

        /** Another side of what was checked last. */
        void alsoChecked(@Nullable UUID order, @Nullable String wrong) {
            if (wrong == null) {
                return;
            }
            violated++;
            if (violations.size() < MOST_LISTED) {
                violations.add(new Violation(order, wrong));
            }
        }

        Finding finding() {
            return checked == 0
                    ? Finding.notJudged(inFlight == 0 ? "there is nothing to judge" : "all orders are in flight")
                    : findingEvenOfNothing();
        }

        /** Held if nothing came up to check. */
        Finding findingEvenOfNothing() {
            return new Finding(violated == 0, checked, inFlight, violated, List.copyOf(violations), null);
        }
    }
}
