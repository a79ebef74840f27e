package store.edge;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.springframework.web.filter.OncePerRequestFilter;
import store.resilience.spring.Problems;
import store.resilience.spring.Problems.FieldError;
import tools.jackson.databind.json.JsonMapper;

/**
 * Lets a request in when it has arrived whole: a body within its bound, chunked or not, a query that can be read, and
 * at most one idempotency key. Code behind it never waits for a caller, and never meets a body beyond the bound.
 */
final class WholeRequestFilter extends OncePerRequestFilter {

    /** The largest order, 50 lines, takes about 4 KiB. */
    static final int MAX_BODY_BYTES = 64 << 10;

    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    private final JsonMapper json;

    WholeRequestFilter(JsonMapper json) {
        this.json = json;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            request.getParameterMap();
        } catch (InvalidParameterException _) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }
        // If a proxy doubles the header, the two values joined would be another key, and one checkout would become two.
        if (Collections.list(request.getHeaders(IDEMPOTENCY_KEY)).size() > 1) {
            var refusal = Problems.invalidRequest(List.of(new FieldError(IDEMPOTENCY_KEY, "must be given once")));
            EdgeProblems.write(refusal.getBody(), response, json);
            return;
        }
        // Tomcat itself answers 400 to a body that breaks off.
        var body = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
        if (body.length > MAX_BODY_BYTES) {
            response.sendError(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE);
            return;
        }
        chain.doFilter(new Whole(request, body), response);
    }

    private static final class Whole extends HttpServletRequestWrapper {

        private final ServletInputStream body;

        Whole(HttpServletRequest request, byte[] body) {
            super(request);
            this.body = new Body(new ByteArrayInputStream(body));
        }

        @Override
        public ServletInputStream getInputStream() {
            return body;
        }
    }

    private static final class Body extends ServletInputStream {

        private final ByteArrayInputStream bytes;

        Body(ByteArrayInputStream bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return bytes.read(target, offset, length);
        }

        @Override
        public boolean isFinished() {
            return bytes.available() == 0;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new UnsupportedOperationException("the whole body is here already: read it");
        }
    }
}
