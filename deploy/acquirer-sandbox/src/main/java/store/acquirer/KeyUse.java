package store.acquirer;

import java.time.Instant;
import java.util.UUID;

/**
 * The first use of a key.
 *
 * @param firstSeen the key's age counts from this time
 * @param content fingerprint of the request, or {@link #NO_CONTENT} if a void came first
 */
record KeyUse(String key, UUID orderId, Instant firstSeen, String content) {

    static final String NO_CONTENT = "-";

    boolean agreesWith(KeyUse other) {
        return orderId.equals(other.orderId)
                && (content.equals(other.content) || content.equals(NO_CONTENT) || other.content.equals(NO_CONTENT));
    }
}
