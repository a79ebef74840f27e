package store.edge;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;
import store.resilience.PassedOnHeaders;

/**
 * Gives every request one well-formed request id: the caller's, or a fresh one. A caller outside may never set a deadline. A request without such an id gets a fresh one, and every answer names it.
 */
final class InboundHeadersFilter extends OncePerRequestFilter {

    private static final String DEADLINE = "X-Deadline-Remaining-Ms";

    // A token of RFC 9110, section 5.6.2, short enough for every log line.
    private static final Pattern REQUEST_ID = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");

    private final NoArgGenerator ids = Generators.timeBasedEpochGenerator();

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var given = Collections.list(request.getHeaders(PassedOnHeaders.REQUEST_ID));
        var id = given.size() == 1 && REQUEST_ID.matcher(given.getFirst()).matches()
                ? given.getFirst()
                : ids.generate().toString();
        response.setHeader(PassedOnHeaders.REQUEST_ID, id);
        chain.doFilter(new Inbound(request, id), response);
    }

    private static final class Inbound extends HttpServletRequestWrapper {

        private final String id;

        Inbound(HttpServletRequest request, String id) {
            super(request);
            this.id = id;
        }

        @Override
        public @Nullable String getHeader(String name) {
            if (PassedOnHeaders.REQUEST_ID.equalsIgnoreCase(name)) {
                return id;
            }
            return DEADLINE.equalsIgnoreCase(name) ? null : super.getHeader(name);
        }

        @Override
        public Enumeration<String> getHeaders(String name) {
            if (PassedOnHeaders.REQUEST_ID.equalsIgnoreCase(name)) {
                return Collections.enumeration(List.of(id));
            }
            return DEADLINE.equalsIgnoreCase(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
        }

        @Override
        public Enumeration<String> getHeaderNames() {
            var names = Collections.list(super.getHeaderNames());
            names.removeIf(
                    name -> DEADLINE.equalsIgnoreCase(name) || PassedOnHeaders.REQUEST_ID.equalsIgnoreCase(name));
            names.add(PassedOnHeaders.REQUEST_ID);
            return Collections.enumeration(names);
        }
    }
}
