package store.order.http;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import store.resilience.PeerAnswer.Answered;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/** Not the JSON that customers' requests are read by: a peer may say more than is needed here, but not less. */
final class PeerJson {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .changeDefaultNullHandling(_ -> JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL))
            .build();

    private PeerJson() {}

    static byte[] write(Object body) {
        return JSON.writeValueAsBytes(body);
    }

    /** @throws JacksonException if the answer is no JSON of this type, or lacks something */
    static <T> T read(Answered answer, Class<T> type) {
        var read = JSON.readValue(answer.body(), type);
        if (read == null) {
            throw MismatchedInputException.from(null, type, "null");
        }
        return read;
    }
}
