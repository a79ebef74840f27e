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

/** The secret token that marks a request as the operator's. */
public final class OperatorToken {

    private static final String BEARER = "Bearer ";

    private final byte @Nullable [] expected;

    private OperatorToken(byte @Nullable [] expected) {
        this.expected = expected;
    }

    /**
     * @param file the file that has the token; if empty, every request is refused
     * @param setting the setting that names the file, for messages
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
     * Refuses a request that is not the operator's. A controller calls it from a
     * {@link org.springframework.web.bind.annotation.ModelAttribute} method, which runs before every handler and before
     * a body is read.
     *
     * @throws ErrorResponseException 401, if the header does not have the operator's token
     */
    public void require(@Nullable String authorization) {
        if (!isIn(authorization)) {
            var refusal = Problems.of(HttpStatus.UNAUTHORIZED, "unauthenticated", "This needs the operator's token.");
            refusal.getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
            throw refusal;
        }
    }

    /** Takes equally long for every wrong token, however many of its first bytes are right. */
    private boolean isIn(@Nullable String authorization) {
        return expected != null && authorization != null && MessageDigest.isEqual(bytes(authorization), expected);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
