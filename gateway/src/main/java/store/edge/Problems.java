package store.edge;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;

/**
 * The errors that the edge itself answers, as
 * <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a> problem details.
 */
public final class Problems {

    private Problems() {}

    /** A problem of type {@code https://checkout-store.example/problems/<name>}. */
    public static ProblemDetail of(HttpStatus status, String name, String detail) {
        var problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setType(URI.create("https://checkout-store.example/problems/" + name));
        return problem;
    }

    /** What is said about a status that some part below answered without a word of its own. */
    static ProblemDetail of(int code) {
        var status = HttpStatus.resolve(code);
        return switch (status) {
            case UNAUTHORIZED -> of(status, "unauthenticated", "This needs a valid token: POST /api/guests gives one.");
            case NOT_FOUND -> of(status, "not-found", "There is nothing here.");
            case METHOD_NOT_ALLOWED ->
                of(status, "method-not-allowed", "This resource does not know the method; Allow names those it does.");
            case INTERNAL_SERVER_ERROR ->
                of(status, "internal-error", "The store failed to answer; it is not the request's fault.");
            case null -> of(HttpStatus.BAD_REQUEST, "invalid-request", "The request cannot be understood.");
            default -> of(status, "invalid-request", "The request cannot be understood.");
        };
    }

    /**
     * Refuses for want of a valid token (RFC 6750, section 3).
     *
     * @param given whether the caller showed one
     */
    static void unauthenticated(HttpServletResponse response, boolean given) throws IOException {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, given ? "Bearer error=\"invalid_token\"" : "Bearer");
        response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
    }
}
