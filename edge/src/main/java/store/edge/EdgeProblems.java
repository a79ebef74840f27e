package store.edge;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import store.resilience.spring.Problems;
import tools.jackson.databind.json.JsonMapper;

/** The errors that the edge itself answers. */
final class EdgeProblems {

    private EdgeProblems() {}

    /** The problem for a status that was set without a body. */
    static ProblemDetail of(int code) {
        var status = HttpStatus.resolve(code);
        return switch (status) {
            case UNAUTHORIZED ->
                Problems.detail(status, "unauthenticated", "This needs a valid token. POST /api/guests gives one.");
            case NOT_FOUND -> Problems.detail(status, "not-found", "There is no such resource.");
            case METHOD_NOT_ALLOWED ->
                Problems.detail(
                        status,
                        "method-not-allowed",
                        "This resource does not support the method. Allow names the methods that it supports.");
            case CONTENT_TOO_LARGE ->
                Problems.detail(
                        status, "invalid-request", "The body exceeds " + WholeRequestFilter.MAX_BODY_BYTES + " bytes.");
            case INTERNAL_SERVER_ERROR ->
                Problems.detail(status, "internal-error", "The store failed to answer. The request is not at fault.");
            case null ->
                Problems.detail(HttpStatus.BAD_REQUEST, "invalid-request", "The request cannot be understood.");
            default -> Problems.detail(status, "invalid-request", "The request cannot be understood.");
        };
    }

    static void write(ProblemDetail problem, HttpServletResponse response, JsonMapper json) throws IOException {
        response.setStatus(problem.getStatus());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.getOutputStream().write(json.writeValueAsBytes(problem));
    }

    /**
     * Refuses a request that has no valid token (RFC 6750, section 3).
     *
     * @param given whether the request had a token at all
     */
    static void unauthenticated(HttpServletResponse response, boolean given) throws IOException {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, given ? "Bearer error=\"invalid_token\"" : "Bearer");
        response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
    }
}
