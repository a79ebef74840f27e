package store.payment.peer;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
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

/** Payments by order id. Any 5xx leaves it open what happened; asking again is safe. */
@RestController
@RequestMapping("/payments/{orderId}")
class PaymentController {

    private final ChargeOrder chargeOrder;
    private final VoidPayment voidPayment;

    PaymentController(ChargeOrder chargeOrder, VoidPayment voidPayment) {
        this.chargeOrder = chargeOrder;
        this.voidPayment = voidPayment;
    }

    /** 200 captured, 202 not known yet, 402 declined, 410 withdrawn, 422 a contradiction. */
    @PutMapping
    ResponseEntity<?> charge(@PathVariable OrderId orderId, @RequestBody ChargeRequest request) {
        return switch (chargeOrder.charge(orderId, request.amount(), request.token())) {
            case Captured _ -> ResponseEntity.ok(new StatusResponse("CAPTURED"));
            case Pending _ -> ResponseEntity.accepted().body(new StatusResponse("PENDING"));
            case Declined(var reason) -> {
                var problem =
                        Problems.detail(HttpStatus.PAYMENT_REQUIRED, "payment-declined", "The acquirer declined.");
                problem.setProperties(Map.of("reason", reason));
                yield ResponseEntity.status(HttpStatus.PAYMENT_REQUIRED).body(problem);
            }
            case Withdrawn _ -> throw Problems.of(HttpStatus.GONE, "withdrawn", "The payment was voided already.");
            case Contradiction _ ->
                throw Problems.of(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "contradiction",
                        "The order was charged before with another amount or card.");
        };
    }

    /** 200 acknowledged, 202 decided but not done. */
    @PostMapping("/void")
    ResponseEntity<StatusResponse> undo(@PathVariable OrderId orderId) {
        var outcome = voidPayment.undo(orderId);
        var status = outcome == VoidPayment.Outcome.VOIDING ? HttpStatus.ACCEPTED : HttpStatus.OK;
        return ResponseEntity.status(status).body(new StatusResponse(outcome.name()));
    }

    /** Frameworks log what they read: a card token, unlike a string, does not show. */
    record ChargeRequest(Money amount, CardToken token) {

        @JsonCreator
        static ChargeRequest of(Money amount, String token) {
            return new ChargeRequest(requireNonNull(amount), new CardToken(token));
        }
    }

    record StatusResponse(String status) {}
}
