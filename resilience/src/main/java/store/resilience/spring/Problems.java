package store.resilience.spring;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** The store's errors as <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a> problem details. */
public final class Problems {

    /** Prefix of every problem's {@code type}; the problem's name follows. */
    public static final String TYPES = "https://checkout-store.example/problems/";

    private Problems() {}

    public static ProblemDetail detail(HttpStatus status, String name, String detail) {
        var problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setType(URI.create(TYPES + name));
        return problem;
    }

    public static ErrorResponseException of(HttpStatus status, String name, String detail) {
        return new ErrorResponseException(status, detail(status, name, detail), null);
    }

    /** 400 {@code invalid-request}, naming the fields that are wrong. */
    public static ErrorResponseException invalidRequest(List<FieldError> errors) {
        var problem = detail(HttpStatus.BAD_REQUEST, "invalid-request", "The request is not valid.");
        problem.setProperties(Map.of("errors", errors));
        return new ErrorResponseException(HttpStatus.BAD_REQUEST, problem, null);
    }

    /**
     * One thing that is wrong with a request.
     *
     * @param field a path into the body ({@code lines[0].quantity}), or a header's name
     * @param message what is wrong, for a person
     */
    public record FieldError(String field, String message) {}
}
