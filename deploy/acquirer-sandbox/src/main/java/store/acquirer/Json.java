package store.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the part of JSON (RFC 8259) that this interface speaks: objects of strings, whole numbers and objects. Everything else,
 * also where it is good JSON, is refused with its place.
 */
final class Json {

    /** Deeper than any request; it bounds the recursion. */
    private static final int MAX_DEPTH = 4;

    /** Every number of so many digits is a long. */
    private static final int MAX_DIGITS = 18;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** @return values are {@link String}, {@link Long} or again such a map */
    static Map<String, Object> readObject(byte[] utf8) throws Malformed {
        String text;
        try {
            text = UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException _) {
            throw new Malformed("the body is not UTF-8");
        }
        var json = new Json(text);
        json.skipSpace();
        Map<String, Object> object = json.object(1);
        json.skipSpace();
        if (json.at < text.length()) {
            throw json.unexpected("the end");
        }
        return object;
    }

    private Map<String, Object> object(int depth) throws Malformed {
        Map<String, Object> object = new LinkedHashMap<>();
        expect('{');
        skipSpace();
        if (peek() == '}') {
            at++;
            return object;
        }
        while (true) {
            skipSpace();
            String name = string();
            skipSpace();
            expect(':');
            skipSpace();
            if (object.put(name, value(depth)) != null) {
                throw new Malformed("malformed JSON before character " + at + ": a name twice in one object");
            }
            skipSpace();
            if (peek() == '}') {
                at++;
                return object;
            }
            expect(',');
        }
    }

    private Object value(int depth) throws Malformed {
        return switch (peek()) {
            case '"' -> string();
            case '{' -> {
                if (depth == MAX_DEPTH) {
                    throw unexpected("less depth");
                }
                yield object(depth + 1);
            }
            default -> number();
        };
    }

    private String string() throws Malformed {
        expect('"');
        var value = new StringBuilder();
        while (peek() != '"') {
            char c = peek();
            if (c < ' ') {
                throw unexpected("the rest of a string");
            }
            at++;
            value.append(c == '\\' ? escaped() : c);
        }
        at++;
        return value.toString();
    }

    private char escaped() throws Malformed {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++, at++) {
                    int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
                    if (digit < 0) {
                        throw unexpected("a hexadecimal digit");
                    }
                    code = code << 4 | digit;
                }
                yield (char) code;
            }
            default -> throw new Malformed("malformed JSON before character " + at + ": no such escape");
        };
    }

    private Long number() throws Malformed {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        int digits = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        boolean leadingZero = at - digits > 1 && text.charAt(digits) == '0';
        if (at == digits || leadingZero || at - digits > MAX_DIGITS || ".eE".indexOf(peek()) >= 0) {
            throw unexpected("a string, an object or a whole number of at most " + MAX_DIGITS + " digits");
        }
        return Long.valueOf(text.substring(start, at));
    }

    private void skipSpace() {
        while (" \t\r\n".indexOf(peek()) >= 0) {
            at++;
        }
    }

    private void expect(char c) throws Malformed {
        if (peek() != c) {
            throw unexpected("'" + c + "'");
        }
        at++;
    }

    /** The next character, or NUL, which JSON has no use for, at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private Malformed unexpected(String expected) {
        return new Malformed("malformed JSON at character " + at + ": expected " + expected);
    }

    /** What was read is not what this reader takes; the message repeats nothing of it. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }
}
