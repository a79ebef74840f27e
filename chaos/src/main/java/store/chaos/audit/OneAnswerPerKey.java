package store.chaos.audit;

import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.chaos.audit.Verdict.Finding;

final class OneAnswerPerKey extends Invariant {

    OneAnswerPerKey() {
        super("I6", "a key names one order, and its final answer is always the same bytes");
    }

    @Override
    Finding judge(Facts facts, Deadlines deadlines) {
        if (facts.journal() == null) {
            return noJournal();
        }
        var check = new Check();
        for (var key : facts.journal().keys().values()) {
            var placing = key.answers().stream()
                    .filter(answer -> answer.isPlacing() && answer.order() != null)
                    .toList();
            if (!placing.isEmpty()) {
                var order = Objects.requireNonNull(placing.getFirst().order());
                check.checked(order, wrong(key.name(), order, placing, key.stored()));
            }
        }
        return check.finding();
    }

    private static @Nullable String wrong(String key, UUID order, List<Answer> placing, @Nullable Order stored) {
        for (var answer : placing) {
            if (!order.equals(answer.order())) {
                return "its key %s also named order %s".formatted(key, answer.order());
            }
        }
        if (stored != null && !stored.id().equals(order)) {
            return "its key %s belongs to order %s".formatted(key, stored.id());
        }
        var digest = 0L;
        for (var answer : placing) {
            if (digest != 0 && answer.digest() != 0 && digest != answer.digest()) {
                return "repeats of its key %s got other final bytes".formatted(key);
            }
            digest = answer.digest() == 0 ? digest : answer.digest();
        }
        var row = stored == null ? null : stored.row();
        return digest != 0 && row != null && row.answer() != 0 && row.answer() != digest
                ? "its key %s got other final bytes than are stored".formatted(key)
                : null;
    }
}
