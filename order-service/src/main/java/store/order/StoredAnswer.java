package store.order;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The answer to the request that placed an order, stored so that every repeat gets the same.
 *
 * @param status the HTTP status
 * @param body the body's bytes
 */
public record StoredAnswer(int status, byte[] body) {

    /** By content, as for every other value. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StoredAnswer(var otherStatus, var otherBody)
                && status == otherStatus
                && Arrays.equals(body, otherBody);
    }

    @Override
    public int hashCode() {
        return 31 * status + Arrays.hashCode(body);
    }
}
