package store.order.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** What tells that a request is the operator's. */
final class OperatorToken {

    private static final String BEARER = "Bearer ";

    private final byte @Nullable [] expected;

    private OperatorToken(byte @Nullable [] expected) {
        this.expected = expected;
    }

    /** @param file empty, and nobody is the operator */
    static OperatorToken in(String file) {
        if (file.isEmpty()) {
            return new OperatorToken(null);
        }
        try {
            var token = Files.readString(Path.of(file)).strip();
            if (token.isEmpty()) {
                throw new IllegalStateException("the operator's token is empty (store.order.operator-token-file)");
            }
            return new OperatorToken(bytes(BEARER + token));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + " (store.order.operator-token-file)", e);
        }
    }

    /** Takes as long for a wrong token that begins rightly as for any other. */
    boolean isIn(@Nullable String authorization) {
        return expected != null && authorization != null && MessageDigest.isEqual(bytes(authorization), expected);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
