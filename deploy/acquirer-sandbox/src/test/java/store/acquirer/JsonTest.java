package store.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @Test
    void readsObjectsOfStringsWholeNumbersAndObjects() throws Json.Malformed {
        String text = " {\"a\" : {\"b\":-12,\"c\":0},\r\n\t\"d\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9ü\", \"e\":{}} ";

        assertThat(Json.readObject(text.getBytes(UTF_8)))
                .isEqualTo(Map.of("a", Map.of("b", -12L, "c", 0L), "d", "\"\\/\b\f\n\r\téü", "e", Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1",
                "\"a\"",
                "[]",
                "{",
                "{}}",
                "{} {}",
                "{,}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":1 \"b\":2}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":1.5}",
                "{\"a\":1e3}",
                "{\"a\":01}",
                "{\"a\":-}",
                "{\"a\":+1}",
                "{\"a\":1234567890123456789}",
                "{\"a\":null}",
                "{\"a\":true}",
                "{\"a\":[1]}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":\"",
                "{\"a\":\"\\",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":\"\\u12",
                "{\"a\":\"line\nfeed\"}",
                "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}"
            })
    void refusesOtherInput(String text) {
        assertThatThrownBy(() -> Json.readObject(text.getBytes(UTF_8))).isInstanceOf(Json.Malformed.class);
    }

    @Test
    void refusesABodyThatIsNotUtf8() {
        byte[] bytes = {'{', '"', (byte) 0xc3, '"', ':', '1', '}'};

        assertThatThrownBy(() -> Json.readObject(bytes)).isInstanceOf(Json.Malformed.class);
    }
}
