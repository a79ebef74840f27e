package store.edge;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;
import store.resilience.spring.Problems;
import tools.jackson.databind.json.JsonMapper;

/**
 * Bounds the requests in work, because each takes memory. The bound on reads is tighter: a change is worth waiting for.
 * A request beyond the bound is refused at once, and certainly not done. A bound on connections instead would make it
 * wait behind idle connections until its caller gives up.
 */
final class AdmissionFilter extends OncePerRequestFilter {

    private static final List<String> READS = List.of("GET", "HEAD", "OPTIONS");

    private final Semaphore changes;
    private final Semaphore reads;
    private final JsonMapper json;

    AdmissionFilter(int changesInWork, int readsInWork, JsonMapper json) {
        this.changes = new Semaphore(changesInWork);
        this.reads = new Semaphore(readsInWork);
        this.json = json;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var isRead = READS.contains(request.getMethod());
        var places = isRead ? reads : changes;
        if (!places.tryAcquire()) {
            refuse(response, isRead);
            return;
        }
        try {
            chain.doFilter(request, response);
        } finally {
            places.release();
        }
    }

    private void refuse(HttpServletResponse response, boolean isRead) throws IOException {
        response.setHeader(HttpHeaders.RETRY_AFTER, "1");
        EdgeProblems.write(
                Problems.detail(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        isRead ? "unavailable" : "not-accepted",
                        "The store has too much to do. Nothing was done; try again later."),
                response,
                json);
    }
}
