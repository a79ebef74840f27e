package store.order.web;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import store.order.Dossiers;
import store.order.Dossiers.Dossier;
import store.order.Dossiers.Summary;
import store.order.OrderId;
import store.order.Resolution;
import store.order.ResolveOrder;
import store.order.ResolveOrder.End;
import store.order.RetryOrder;
import store.order.Status;
import store.resilience.spring.OperatorToken;
import store.resilience.spring.Problems;
import store.resilience.spring.Problems.FieldError;

/** The operator's API. The gateway has no route to it, and every request needs the operator's token. */
@RestController
@RequestMapping("/operator/orders")
class OperatorController {

    /** Recovery's promise for an order that met with no fault. */
    private static final Duration OVERDUE = Duration.ofSeconds(120);

    /** More than a person looks through; the oldest come first. */
    private static final int MAX_SHOWN = 200;

    private static final int MAX_WHY_LENGTH = 500;

    private final Dossiers dossiers;
    private final RetryOrder retryOrder;
    private final ResolveOrder resolveOrder;
    private final OperatorToken token;

    OperatorController(Dossiers dossiers, RetryOrder retryOrder, ResolveOrder resolveOrder, OperatorToken token) {
        this.dossiers = dossiers;
        this.retryOrder = retryOrder;
        this.resolveOrder = resolveOrder;
        this.token = token;
    }

    /** Runs before every method here and before a body is read, whichever path leads to the method. */
    @ModelAttribute
    void requireOperator(
            @RequestHeader(name = HttpHeaders.AUTHORIZATION, required = false) @Nullable String authorization) {
        token.require(authorization);
    }

    @GetMapping
    OpenOrders orders() {
        return new OpenOrders(dossiers.open(OVERDUE, MAX_SHOWN));
    }

    @GetMapping("/{id}")
    Dossier order(@PathVariable UUID id) {
        return dossiers.find(new OrderId(id)).orElseThrow(OperatorController::notFound);
    }

    @PostMapping("/{id}/retry")
    ResponseEntity<MovedOrder> retry(@PathVariable UUID id, @RequestBody RetryRequest request) {
        var why = request.why() == null ? null : requireText(request.why());
        return answer(id, retryOrder.retry(new OrderId(id), why));
    }

    @PostMapping("/{id}/resolve")
    ResponseEntity<MovedOrder> resolve(@PathVariable UUID id, @RequestBody ResolveRequest request) {
        if (request.as() == null) {
            throw Problems.invalidRequest(List.of(new FieldError("as", "must be CANCELLED or CONFIRMED")));
        }
        return answer(id, resolveOrder.resolve(new OrderId(id), request.as(), requireText(request.why())));
    }

    private static ResponseEntity<MovedOrder> answer(UUID id, Resolution resolution) {
        return switch (resolution) {
            case Resolution.Done(var status) ->
                ResponseEntity.status(status.isFinal() ? HttpStatus.OK : HttpStatus.ACCEPTED)
                        .body(new MovedOrder(id, status));
            case Resolution.Refused(var why) -> {
                var refusal = Problems.of(HttpStatus.CONFLICT, "refused", why);
                refusal.getBody().setProperties(Map.of("orderId", id));
                throw refusal;
            }
            case Resolution.NotFound _ -> throw notFound();
        };
    }

    private static ErrorResponseException notFound() {
        return Problems.of(HttpStatus.NOT_FOUND, "not-found", "There is no such order.");
    }

    private static String requireText(@Nullable String why) {
        if (why == null
                || why.isBlank()
                || why.length() > MAX_WHY_LENGTH
                || why.codePoints()
                        .anyMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE)) {
            throw Problems.invalidRequest(
                    List.of(new FieldError("why", "must be one line of 1 to " + MAX_WHY_LENGTH + " characters")));
        }
        return why;
    }

    record RetryRequest(@Nullable String why) {}

    record ResolveRequest(@Nullable End as, @Nullable String why) {}

    record MovedOrder(UUID id, Status status) {}

    record OpenOrders(List<Summary> orders) {}
}
