package store.order.web;

import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.Orders.WriteRefused;
import store.resilience.DatabaseTime;
import store.resilience.spring.OneLine;
import store.resilience.spring.Problems;

/** The problems of a failed order database: nothing was done, or the outcome is not known. */
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
final class OrderProblems {

    private static final Logger log = LoggerFactory.getLogger(OrderProblems.class);

    @ExceptionHandler
    ResponseEntity<ProblemDetail> notRecorded(NotRecorded failure, HttpServletRequest request) {
        log.warn("{}; the customer is told 503 and asks again", failure.getMessage());
        return notAccepted(request);
    }

    private static ResponseEntity<ProblemDetail> notAccepted(HttpServletRequest request) {
        return retryable(
                HttpStatus.SERVICE_UNAVAILABLE,
                isRead(request) ? "unavailable" : "not-accepted",
                "Nothing was done; try again.");
    }

    /** Placing an order reads the time before its first write, because the order's id contains it. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> noTime(DatabaseTime.Untold failure, HttpServletRequest request) {
        return notRecorded(new NotRecorded(failure), request);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> writeRefused(WriteRefused failure, HttpServletRequest request) {
        log.error("{}; the customer is told 503, and nothing was done", failure.getMessage());
        return notAccepted(request);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> recordingUnknown(RecordingUnknown failure, HttpServletRequest request) {
        log.warn("{} ({}); only a repeat of the request tells", failure.getMessage(), OneLine.of(failure));
        return isRead(request)
                ? retryable(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", "This cannot be read right now; try again.")
                : retryable(
                        HttpStatus.GATEWAY_TIMEOUT,
                        "outcome-unknown",
                        "It is not known whether this was done; only a repeat with the same key tells.");
    }

    private static boolean isRead(HttpServletRequest request) {
        return !HttpMethod.POST.matches(request.getMethod()); // HEAD is one too
    }

    private static ResponseEntity<ProblemDetail> retryable(HttpStatus status, String name, String detail) {
        return ResponseEntity.status(status)
                .header(HttpHeaders.RETRY_AFTER, "1")
                .body(Problems.detail(status, name, detail));
    }
}
