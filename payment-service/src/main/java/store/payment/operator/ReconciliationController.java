package store.payment.operator;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import store.payment.Discrepancies;
import store.payment.Discrepancy;
import store.resilience.spring.OperatorToken;

/** Shows the discrepancies. The gateway has no route to it, and a request needs the operator's token. */
@RestController
@RequestMapping("/operator/reconciliation")
class ReconciliationController {

    /** More than a person reads; the latest come first. */
    private static final int MAX_SHOWN = 200;

    private final Discrepancies discrepancies;
    private final OperatorToken token;

    ReconciliationController(Discrepancies discrepancies, OperatorToken token) {
        this.discrepancies = discrepancies;
        this.token = token;
    }

    @ModelAttribute
    void requireOperator(
            @RequestHeader(name = HttpHeaders.AUTHORIZATION, required = false) @Nullable String authorization) {
        token.require(authorization);
    }

    /** @param all whether to show cleared discrepancies too */
    @GetMapping
    Found discrepancies(@RequestParam(defaultValue = "false") boolean all) {
        return new Found(
                discrepancies.open(),
                discrepancies.sinceStatementEnd().toSeconds(),
                discrepancies.list(all, MAX_SHOWN));
    }

    /**
     * @param open number of open discrepancies, shown or not
     * @param statementAgeSeconds time since the statement was last read to its end
     */
    record Found(long open, long statementAgeSeconds, List<Discrepancy> discrepancies) {}
}
