package store.chaos.kill;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Set;
import store.chaos.journal.Journal;
import store.chaos.journal.Journal.Entry;

/**
 * How soon customers got an answer that names their order, by the journal.
 *
 * @param keys how many idempotency keys were sent
 * @param atFirstTry how many of them got an order at the first attempt
 * @param atRepeat how many got it at a later attempt, within {@link #PATIENCE} of the first
 * @param later how many got it after that, or never
 * @param slowestSeconds the longest time until an order was named
 */
record Acknowledgements(long keys, long atFirstTry, long atRepeat, long later, double slowestSeconds) {

    /** How long a customer goes on repeating: half of the time that an order may take to become final. */
    static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Set<Integer> NAMES_AN_ORDER = Set.of(201, 202, 402, 409);

    private static final class Key {
        private long firstSent = Long.MAX_VALUE;
        private long acknowledged = Long.MAX_VALUE;
        private int attempt;
    }

    static Acknowledgements in(Path journal) throws IOException {
        var keys = new HashMap<String, Key>();
        try (var entries = Journal.read(journal)) {
            entries.filter(entry -> entry.call().equals("place") && entry.key() != null)
                    .forEach(entry -> add(keys.computeIfAbsent(String.valueOf(entry.key()), _ -> new Key()), entry));
        }
        var soon = keys.values().stream()
                .filter(key -> key.acknowledged != Long.MAX_VALUE)
                .filter(key -> key.acknowledged - key.firstSent <= PATIENCE.toMillis())
                .toList();
        var first = soon.stream().filter(key -> key.attempt == 1).count();
        return new Acknowledgements(
                keys.size(),
                first,
                soon.size() - first,
                keys.size() - soon.size(),
                keys.values().stream()
                                .filter(key -> key.acknowledged != Long.MAX_VALUE)
                                .mapToLong(key -> key.acknowledged - key.firstSent)
                                .max()
                                .orElse(0)
                        / 1e3);
    }

    private static void add(Key key, Entry entry) {
        var sent = entry.at().toEpochMilli();
        key.firstSent = Math.min(key.firstSent, sent);
        var answered = sent + (long) entry.millis();
        if (NAMES_AN_ORDER.contains(entry.status())
                && !String.valueOf(entry.body()).contains("/problems/key-in-flight")
                && answered < key.acknowledged) {
            key.acknowledged = answered;
            key.attempt = entry.attempt();
        }
    }

    double share() {
        return keys == 0 ? 0 : (atFirstTry + atRepeat) / (double) keys;
    }
}
