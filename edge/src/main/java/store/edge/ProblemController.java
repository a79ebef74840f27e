package store.edge;

import static jakarta.servlet.RequestDispatcher.ERROR_STATUS_CODE;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;
import tools.jackson.databind.json.JsonMapper;

/** The servlet container dispatches to it every error that no handler has answered. */
@Controller
class ProblemController implements ErrorController {

    private final JsonMapper json;

    ProblemController(JsonMapper json) {
        this.json = json;
    }

    @RequestMapping("/error")
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // A client that calls /error itself has no error: to it this path is unknown.
        var problem = EdgeProblems.of(request.getAttribute(ERROR_STATUS_CODE) instanceof Integer code ? code : 404);
        EdgeProblems.write(problem, response, json);
    }
}
