package store.chaos.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import store.chaos.journal.Journal.Entry;

/**
 * One attempt of a client, as the journal has it. Times are microseconds since 1970, by the clients' one clock.
 *
 * @param key see {@link #keyOf}; null for a call without one
 * @param httpStatus 0 if no answer came
 * @param problem the name of the problem that was answered
 * @param order the order that the answer names
 * @param status of that order; null if the answer does not say it
 * @param digest {@link #digest} of a final answer to {@code place}; 0 for any other
 */
record Answer(
        String call,
        @Nullable UUID key,
        int httpStatus,
        @Nullable String problem,
        @Nullable UUID order,
        @Nullable String status,
        long digest,
        long sentAt,
        long answeredAt) {

    private static final Pattern PROBLEM = Pattern.compile("\"type\"\\s*:\\s*\"[^\"]*/problems/([^\"/]+)\"");
    private static final Pattern ORDER_ID = Pattern.compile("\"orderId\"\\s*:\\s*\"([0-9a-fA-F-]{36})\"");
    private static final Pattern ID = Pattern.compile("^\\s*\\{\\s*\"id\"\\s*:\\s*\"([0-9a-fA-F-]{36})\"");
    private static final Pattern STATUS = Pattern.compile("\"status\"\\s*:\\s*\"([A-Z_]+)\"");

    static Answer of(Entry entry) {
        var sentAt = entry.at().getEpochSecond() * 1_000_000 + entry.at().getNano() / 1000;
        var body = entry.body() == null ? "" : entry.body();
        var problem = first(PROBLEM, body);
        var named = entry.status() == 0 ? null : first(problem == null ? ID : ORDER_ID, body);
        var status = named == null ? null : problem == null ? first(STATUS, body) : statusOf(problem);
        var isEnd = entry.call().equals("place") && status != null && Order.FINAL.contains(status);
        return new Answer(
                entry.call().intern(),
                keyOf(entry),
                entry.status(),
                intern(problem),
                named == null ? null : UUID.fromString(named),
                intern(status),
                isEnd ? digest(entry.status(), body.getBytes(UTF_8)) : 0,
                sentAt,
                sentAt + (long) (entry.millis() * 1000));
    }

    boolean isFinal() {
        return status != null && Order.FINAL.contains(status);
    }

    boolean isPlacing() {
        return call.equals("place");
    }

    /** One id for a customer and an idempotency key of that customer. */
    static UUID keyOf(String customer, String key) {
        return UUID.nameUUIDFromBytes((customer + '\n' + key).getBytes(UTF_8));
    }

    static @Nullable UUID keyOf(Entry entry) {
        return entry.customer() == null || entry.key() == null ? null : keyOf(entry.customer(), entry.key());
    }

    /** A fingerprint, never 0: two different answers have the same one with a chance of 1 in 2^63. */
    static long digest(int status, byte[] body) {
        try {
            return fold(status, MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same for an answer whose body the database has hashed with SHA-256. */
    static long fold(int status, byte[] sha256) {
        var folded = (long) status;
        for (var i = 0; i < Long.BYTES; i++) {
            folded = folded << 8 ^ folded >>> 56 ^ sha256[i] & 0xff;
        }
        return folded == 0 ? 1 : folded;
    }

    private static @Nullable String statusOf(String problem) {
        return switch (problem) {
            case "payment-declined" -> "DECLINED";
            case "out-of-stock", "unknown-product", "price-changed" -> "REJECTED";
            case "order-cancelled" -> "CANCELLED";
            default -> null; // order-final and key-in-flight say only that the order exists
        };
    }

    private static @Nullable String first(Pattern pattern, String text) {
        var match = pattern.matcher(text);
        return match.find() ? match.group(1) : null;
    }

    private static @Nullable String intern(@Nullable String word) {
        return word == null ? null : word.intern();
    }
}
