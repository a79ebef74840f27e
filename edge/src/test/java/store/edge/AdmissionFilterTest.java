package store.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import tools.jackson.databind.json.JsonMapper;

class AdmissionFilterTest {

    private final AdmissionFilter filter = new AdmissionFilter(1, 1, JsonMapper.shared());

    @Test
    void refusesAtOnceWhatIsTooMuch() throws Exception {
        var full = new AtomicBoolean();
        answer(
                "POST",
                (_, _) -> answer("GET", (_, _) -> {
                    full.set(true);
                    assertRefused("POST", "not-accepted");
                    assertRefused("GET", "unavailable");
                }));
        assertThat(full).isTrue();
    }

    @Test
    void letsTheNextOneInAfterAnyEnd() throws Exception {
        for (var i = 0; i < 3; i++) {
            assertThatThrownBy(() -> answer("POST", (_, _) -> {
                        throw new IllegalStateException("ends so");
                    }))
                    .hasMessage("ends so");
        }

        assertThat(answer("POST", (_, response) -> ((MockHttpServletResponse) response).setStatus(201))
                        .getStatus())
                .isEqualTo(201);
    }

    private void assertRefused(String method, String problem) throws ServletException, IOException {
        var refused = answer(method, (_, _) -> {
            throw new AssertionError("let in");
        });
        assertThat(refused.getStatus()).isEqualTo(503);
        assertThat(refused.getHeader("Retry-After")).isEqualTo("1");
        assertThat(refused.getContentType()).isEqualTo("application/problem+json");
        assertThat(refused.getContentAsString()).contains("/problems/" + problem + "\"");
    }

    private MockHttpServletResponse answer(String method, FilterChain chain) throws ServletException, IOException {
        var response = new MockHttpServletResponse();
        filter.doFilter(new MockHttpServletRequest(method, "/api/orders"), response, chain);
        return response;
    }
}
