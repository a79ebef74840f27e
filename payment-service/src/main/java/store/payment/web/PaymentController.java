package store.payment.web;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Map;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import store.payment.CardToken;
import store.payment.ChargeOrder;
import store.payment.ChargeOrder.Outcome.Captured;
import store.payment.ChargeOrder.Outcome.Contradiction;
import store.payment.ChargeOrder.Outcome.Declined;
import store.payment.ChargeOrder.Outcome.Pending;
import store.payment.ChargeOrder.Outcome.Withdrawn;
import store.payment.Money;
import store.payment.OrderId;
import store.payment.VoidPayment;
import store.resilience.spring.Problems;

/** Payments by order id. After a 5xx the outcome is unknown, and a repeat is safe. */
@RestController
@RequestMapping("/payments/{orderId}")
class PaymentController {

    private final ChargeOrder chargeOrder;
    private final VoidPayment voidPayment;

    PaymentController(ChargeOrder chargeOrder, VoidPayment voidPayment) {
        this.chargeOrder = chargeOrder;
        this.voidPayment = voidPayment;
    }

    /**
     * 200 captured, 202 not known yet, 402 declined, 410 withdrawn, 422 a contradiction. Each answer names the order.
     */
    @PutMapping
    ResponseEntity<?> charge(@PathVariable OrderId orderId, @RequestBody ChargeRequest request) {
        return switch (chargeOrder.charge(orderId, request.amount(), request.token())) {
            case Captured _ -> ResponseEntity.ok(new CapturedResponse(orderId.value(), "CAPTURED", request.amount()));
            case Pending _ -> ResponseEntity.accepted().body(new StatusResponse(orderId.value(), "PENDING"));
            case Declined(var reason) ->
                throw problem(
                        HttpStatus.PAYMENT_REQUIRED,
                        "payment-declined",
                        "The acquirer declined.",
                        Map.of("orderId", orderId.value(), "reason", reason));
            case Withdrawn _ ->
                throw problem(
                        HttpStatus.GONE,
                        "withdrawn",
                        "The payment was voided already.",
                        Map.of("orderId", orderId.value()));
            case Contradiction _ -> throw contradiction(orderId);
        };
    }

    /** 200 acknowledged, 202 decided but not done, 422 a contradiction. Each answer names the order. */
    @PostMapping("/void")
    ResponseEntity<StatusResponse> undo(@PathVariable OrderId orderId) {
        var outcome = voidPayment.undo(orderId);
        var status = switch (outcome) {
            case VOIDED, REFUNDED, DECLINED -> HttpStatus.OK;
            case VOIDING -> HttpStatus.ACCEPTED;
            case CONTRADICTION -> throw contradiction(orderId);
        };
        return ResponseEntity.status(status).body(new StatusResponse(orderId.value(), outcome.name()));
    }

    private static ErrorResponseException contradiction(OrderId orderId) {
        return problem(
                HttpStatus.UNPROCESSABLE_CONTENT,
                "contradiction",
                "The order was charged with another amount or card, its movements do not add up, or its payment cannot"
                        + " be recorded.",
                Map.of("orderId", orderId.value()));
    }

    private static ErrorResponseException problem(
            HttpStatus status, String name, String detail, Map<String, Object> properties) {
        var problem = Problems.detail(status, name, detail);
        problem.setProperties(properties);
        return new ErrorResponseException(status, problem, null);
    }

    /** Frameworks log the requests that they read: a CardToken hides itself, a string would not. */
    record ChargeRequest(Money amount, CardToken token) {

        @JsonCreator
        static ChargeRequest of(Money amount, String token) {
            return new ChargeRequest(requireNonNull(amount), new CardToken(token));
        }
    }

    /** @param amount the captured amount: a charge with another one is a contradiction */
    record CapturedResponse(UUID orderId, String status, Money amount) {}

    record StatusResponse(UUID orderId, String status) {}
}
