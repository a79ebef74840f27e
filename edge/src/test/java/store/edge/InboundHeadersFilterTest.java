package store.edge;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class InboundHeadersFilterTest {

    private final MockHttpServletRequest request = new MockHttpServletRequest();
    private final MockHttpServletResponse response = new MockHttpServletResponse();

    @Test
    void hidesADeadlineFromOutside() throws Exception {
        request.addHeader("x-deadline-remaining-ms", "1");
        request.addHeader("Accept", "a/b");

        var inside = filtered();

        assertThat(inside.getHeader("X-Deadline-Remaining-Ms")).isNull();
        assertThat(inside.getHeaders("X-Deadline-Remaining-Ms").hasMoreElements())
                .isFalse();
        assertThat(Collections.list(inside.getHeaderNames())).containsExactly("Accept", "X-Request-Id");
    }

    @Test
    void keepsAWellFormedRequestId() throws Exception {
        request.addHeader("x-request-id", "A.b_c~1-2");

        assertThat(filtered().getHeader("X-Request-Id")).isEqualTo("A.b_c~1-2");
        assertThat(response.getHeader("X-Request-Id")).isEqualTo("A.b_c~1-2");
    }

    @Test
    void replacesTwoRequestIdsByOne() throws Exception {
        request.addHeader("X-Request-Id", "one");
        request.addHeader("X-Request-Id", "two");

        var ids = Collections.list(filtered().getHeaders("x-request-id"));

        assertThat(ids).hasSize(1).containsExactly(response.getHeader("X-Request-Id"));
        assertThat(UUID.fromString(ids.getFirst()).version()).isEqualTo(7);
    }

    private HttpServletRequest filtered() throws Exception {
        var chain = new MockFilterChain();
        new InboundHeadersFilter().doFilter(request, response, chain);
        return (HttpServletRequest) requireNonNull(chain.getRequest());
    }
}
