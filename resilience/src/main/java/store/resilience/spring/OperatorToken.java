package store.resilience.spring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** What tells that a request is the operator's. */
public final class OperatorToken {

    private static final String BEARER = "Bearer ";

    private final byte @Nullable [] expected;

    private OperatorToken(byte @Nullable [] expected) {
        this.expected = expected;
    }

    /**
     * @param file empty, and nobody is the operator
     * @param setting where the file's name comes from, for a message
     */
    public static OperatorToken in(String file, String setting) {
        if (file.isEmpty()) {
            return new OperatorToken(null);
        }
        try {
            var token = Files.readString(Path.of(file)).strip();
            if (token.isEmpty()) {
                throw new IllegalStateException("the operator's token is empty (" + setting + ")");
            }
            return new OperatorToken(bytes(BEARER + token));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + " (" + setting + ")", e);
        }
    }

    /**
     * Call it before every method of an operator's API, and before a body is read: from a method with
     * {@link org.springframework.web.bind.annotation.ModelAttribute}.
     *
     * @throws ErrorResponseException 401, if the header is not the operator's
     */
    public void require(@Nullable String authorization) {
        if (!isIn(authorization)) {
            var refusal = Problems.of(HttpStatus.UNAUTHORIZED, "unauthenticated", "This needs the operator's token.");
            refusal.getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
            throw refusal;
        }
    }

    /** Takes as long for a wrong token that begins rightly as for any other. */
    private boolean isIn(@Nullable String authorization) {
        return expected != null && authorization != null && MessageDigest.isEqual(bytes(authorization), expected);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
