package store.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/** Reads the part of JSON (RFC 8259) that a request may use: objects of strings, whole numbers and objects. */
final class Json {

    /** Deeper than any request; it bounds the recursion. */
    private static final int MAX_DEPTH = 4;

    /** Every number with this many digits is a long. */
    private static final int MAX_DIGITS = 18;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_DIGITS)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // A table of names that outlives the request would let requests fill the heap.
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .build();

    private Json() {}

    /** Loads the parser before the first request, whose client may wait for less time than that takes. */
    static void load() {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), "{\"a\":1}")) {
            parser.nextToken();
            object(parser);
        }
    }

    /** @return a map whose values are {@link String}, {@link Long} or again such a map */
    static Map<String, Object> readObject(byte[] utf8) throws Malformed {
        String text;
        try {
            text = UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException _) {
            throw new Malformed("the body is not UTF-8");
        }
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
            try {
                if (parser.nextToken() == JsonToken.START_OBJECT) {
                    Map<String, Object> object = object(parser);
                    if (parser.nextToken() == null) {
                        return object;
                    }
                }
            } catch (JacksonException _) {
                // Jackson's message quotes the request; ours does not.
            }
            throw new Malformed("malformed JSON before character "
                    + parser.currentLocation().getCharOffset()
                    + ": expected an object of strings, objects and whole numbers of at most " + MAX_DIGITS
                    + " digits");
        }
    }

    private static Map<String, Object> object(JsonParser parser) {
        Map<String, Object> object = new HashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            object.put(
                    name,
                    switch (parser.nextToken()) {
                        case VALUE_STRING -> parser.getString();
                        case VALUE_NUMBER_INT -> parser.getLongValue();
                        case START_OBJECT -> object(parser);
                        default -> throw new StreamReadException(parser, "not a value of a request");
                    });
        }
        return object;
    }

    /** The body is not an object of this kind. The message quotes nothing of the body. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }
}
