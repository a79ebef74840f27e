package store.resilience.spring;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import org.slf4j.MDC;
import org.springframework.web.filter.OncePerRequestFilter;
import store.resilience.PassedOnHeaders;

/** Binds the {@link PassedOnHeaders} of a request while it is served, and adds the request's id to every log line. */
public final class PassOnHeadersFilter extends OncePerRequestFilter {

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var headers = new LinkedHashMap<String, String>();
        for (var name : PassedOnHeaders.NAMES) {
            var value = request.getHeader(name);
            if (value != null) {
                headers.put(name, value);
            }
        }
        try (var _ = MDC.putCloseable("requestId", headers.get(PassedOnHeaders.REQUEST_ID))) {
            PassedOnHeaders.<Exception>with(headers, () -> {
                chain.doFilter(request, response);
                return null;
            });
        } catch (IOException | ServletException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new ServletException(e);
        }
    }
}
