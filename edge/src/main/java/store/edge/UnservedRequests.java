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

/** The edge refuses requests that no controller serves, even where the controllers have an advice of their own. */
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
            allowed.add("HEAD"); // the framework serves it and does not list it
        }
        response.setHeader(HttpHeaders.ALLOW, String.join(",", allowed));
        response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
    }
}
