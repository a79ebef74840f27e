package store.resilience.spring;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import store.resilience.DatabaseTime;

/**
 * Turns a controller's exception into a problem of one of our types; a refusal by the framework gets its type by its
 * status.
 */
@RestControllerAdvice
public final class ProblemAnswers extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ProblemAnswers.class);
    private static final URI NO_TYPE = URI.create("about:blank");

    /** The database answered late or not at all, so the problem says nothing about what was done. */
    @ExceptionHandler({DataAccessException.class, TransactionException.class, DatabaseTime.Untold.class})
    ResponseEntity<Object> databaseFailed(Exception failure, WebRequest request) {
        log.warn("The database failed ({}); the caller gets 503 and has to ask again.", OneLine.of(failure));
        var headers = new HttpHeaders();
        headers.set(HttpHeaders.RETRY_AFTER, "1");
        var problem = Problems.detail(
                HttpStatus.SERVICE_UNAVAILABLE, "unavailable", "This cannot be answered right now; ask again.");
        return problem(problem, headers);
    }

    @ExceptionHandler(Exception.class)
    ResponseEntity<Object> defect(Exception defect, WebRequest request) {
        log.error("A request failed because of a defect in this program; the caller gets 500.", defect);
        return problem(
                Problems.detail(
                        HttpStatus.INTERNAL_SERVER_ERROR, "internal-error", "The store failed to handle this request."),
                new HttpHeaders());
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception refusal, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        var answer = super.handleExceptionInternal(refusal, body, headers, status, request);
        if (answer != null && answer.getBody() instanceof ProblemDetail problem && isUntyped(problem)) {
            problem.setType(URI.create(Problems.TYPES + nameFor(status)));
        }
        return answer;
    }

    private static ResponseEntity<Object> problem(ProblemDetail problem, HttpHeaders headers) {
        return ResponseEntity.status(problem.getStatus()).headers(headers).body(problem);
    }

    private static boolean isUntyped(ProblemDetail problem) {
        return problem.getType() == null || problem.getType().equals(NO_TYPE);
    }

    private static String nameFor(HttpStatusCode status) {
        return switch (status.value()) {
            case 404 -> "not-found";
            case 405 -> "method-not-allowed";
            case 406 -> "not-acceptable";
            default -> status.is4xxClientError() ? "invalid-request" : "internal-error";
        };
    }
}
