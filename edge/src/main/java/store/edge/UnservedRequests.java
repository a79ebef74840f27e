package store.edge;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.servlet.NoHandlerFoundException;

/** What no controller of this process serves is refused by the edge, even where those controllers have problems of their own. */
@ControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
class UnservedRequests {

    @ExceptionHandler(NoHandlerFoundException.class)
    void unknownPath(HttpServletResponse response) throws IOException {
        response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }

    @ExceptionHandler
    void unknownMethod(HttpRequestMethodNotSupportedException refusal, HttpServletResponse response)
            throws IOException {
        var known = refusal.getSupportedMethods();
        var allowed = new TreeSet<>(known == null ? List.of() : List.of(known));
        if (allowed.contains("GET")) {
            allowed.add("HEAD"); // which the framework serves without saying so
        }
        response.setHeader(HttpHeaders.ALLOW, String.join(",", allowed));
        response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
    }
}
