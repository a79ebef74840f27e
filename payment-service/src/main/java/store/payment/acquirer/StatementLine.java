package store.payment.acquirer;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import store.payment.Acquirer.Unreadable;
import store.payment.Movement;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;

/** Describes a statement's line that cannot be read. */
final class StatementLine {

    private static final List<String> FIELDS = List.of("id", "orderId", "kind", "amount", "at");
    private static final int MAX_TEXT_LENGTH = 255;
    private static final int MAX_RAW_LENGTH = 2000;

    /** Earlier and later times are mistakes, and PostgreSQL does not store all of them. */
    private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private StatementLine() {}

    /** Whether a text from the acquirer can be stored and sent back: visible ASCII, of a bounded length. */
    static boolean isStorable(String text) {
        return !text.isEmpty()
                && text.length() <= MAX_TEXT_LENGTH
                && text.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    static @Nullable String whyNotStorable(Movement movement) {
        if (!isStorable(movement.id())) {
            return "its id cannot be recorded";
        }
        return movement.at().isBefore(EARLIEST) || movement.at().isAfter(LATEST) ? "its time cannot be right" : null;
    }

    static Unreadable unreadable(JsonNode line, String why) {
        var id = line.path("id").asString("");
        return new Unreadable(isStorable(id) ? id : null, orderId(line), why, raw(line));
    }

    /** Names the field only: an exception's message may quote the line. */
    static String why(JsonNode line, RuntimeException failure) {
        var missing = FIELDS.stream().filter(field -> !line.hasNonNull(field)).collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            return "it has no " + missing;
        }
        return failure instanceof DatabindException e && !e.getPath().isEmpty()
                ? "its " + e.getPath().getFirst().getPropertyName() + " cannot be read"
                : "it cannot be read";
    }

    private static @Nullable UUID orderId(JsonNode line) {
        try {
            return UUID.fromString(line.path("orderId").asString(""));
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private static String raw(JsonNode line) {
        return line.toString()
                .chars()
                .limit(MAX_RAW_LENGTH)
                .mapToObj(c -> c >= ' ' && c <= '~' ? String.valueOf((char) c) : "\\u%04x".formatted(c))
                .collect(Collectors.joining());
    }
}
