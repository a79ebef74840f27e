package store.order.peers;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.UUID;
import store.order.OrderId;
import store.resilience.PeerAnswer.Answered;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON of the peers. Unknown fields are ignored, because a newer peer may send more; missing ones fail.
 *
 * <p>An answer counts only if it names the order that was asked about. Any process that listens on a peer's address can
 * answer with a status; only the peer knows the order.
 */
final class PeerJson {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .changeDefaultNullHandling(_ -> JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL))
            .build();

    private PeerJson() {}

    /** A body that names the order it is about. */
    interface AboutOrder {
        UUID orderId();
    }

    /** A body of which only the order is read. */
    record Named(UUID orderId) implements AboutOrder {}

    static byte[] write(Object body) {
        return JSON.writeValueAsBytes(body);
    }

    /** @throws JacksonException if the answer is no JSON of this type, lacks a field, or is not about the order */
    static <T extends AboutOrder> T read(Answered answer, OrderId order, Class<T> type) {
        var read = JSON.readValue(answer.body(), type);
        if (read == null || !read.orderId().equals(order.value())) {
            throw notThis(type);
        }
        return read;
    }

    /** Fails as for an unreadable answer if the answer does not fit the call. */
    static void require(boolean fits, Class<?> type) {
        if (!fits) {
            throw notThis(type);
        }
    }

    private static JacksonException notThis(Class<?> type) {
        return MismatchedInputException.from(null, type, "not an answer to this call");
    }
}
