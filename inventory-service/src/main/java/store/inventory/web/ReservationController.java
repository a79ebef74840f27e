package store.inventory.web;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import store.inventory.HeldLine;
import store.inventory.Line;
import store.inventory.OrderId;
import store.inventory.ReservationAnswer.Contradiction;
import store.inventory.ReservationAnswer.Held;
import store.inventory.ReservationAnswer.Refused;
import store.inventory.ReservationAnswer.Withdrawn;
import store.inventory.ReserveStock;
import store.inventory.SettleReservation;
import store.inventory.SettlementAnswer;
import store.resilience.spring.Problems;

/**
 * Reservations by order id: 200 held or settled, 409 refused, 410 withdrawn, 422 a contradiction. Each of these answers
 * names the order: a caller takes any other answer as unknown.
 */
@RestController
@RequestMapping("/reservations/{orderId}")
class ReservationController {

    private final ReserveStock reserveStock;
    private final SettleReservation settleReservation;

    ReservationController(ReserveStock reserveStock, SettleReservation settleReservation) {
        this.reserveStock = reserveStock;
        this.settleReservation = settleReservation;
    }

    @PutMapping
    ResponseEntity<?> reserve(@PathVariable UUID orderId, @RequestBody ReserveRequest request) {
        return switch (reserveStock.reserve(new OrderId(orderId), request.lines())) {
            case Held(var lines) -> ResponseEntity.ok(new HeldResponse(orderId, lines));
            case Refused(var why) ->
                problem(
                        HttpStatus.CONFLICT,
                        "refused",
                        "The stock cannot be held.",
                        Map.of("orderId", orderId, "reason", why));
            case Withdrawn _ ->
                problem(HttpStatus.GONE, "withdrawn", "The order was released already.", Map.of("orderId", orderId));
            case Contradiction(var why) -> contradiction(orderId, why);
        };
    }

    @PostMapping("/commit")
    ResponseEntity<?> commit(@PathVariable UUID orderId) {
        return settled(orderId, Settlement.COMMIT, settleReservation.commit(new OrderId(orderId)));
    }

    @PostMapping("/release")
    ResponseEntity<?> release(@PathVariable UUID orderId) {
        return settled(orderId, Settlement.RELEASE, settleReservation.release(new OrderId(orderId)));
    }

    private static ResponseEntity<?> settled(UUID orderId, Settlement settlement, SettlementAnswer answer) {
        return switch (answer) {
            case SettlementAnswer.Settled _ -> ResponseEntity.ok(new SettledResponse(orderId, settlement));
            case SettlementAnswer.Contradiction(var why) -> contradiction(orderId, why);
        };
    }

    private static ResponseEntity<ProblemDetail> contradiction(UUID orderId, String why) {
        return problem(HttpStatus.UNPROCESSABLE_CONTENT, "contradiction", why, Map.of("orderId", orderId));
    }

    private static ResponseEntity<ProblemDetail> problem(
            HttpStatus status, String name, String detail, Map<String, Object> properties) {
        var problem = Problems.detail(status, name, detail);
        problem.setProperties(properties);
        return ResponseEntity.status(status).body(problem);
    }

    record ReserveRequest(List<Line> lines) {
        ReserveRequest {
            if (lines.isEmpty() || lines.stream().map(Line::sku).distinct().count() < lines.size()) {
                throw new IllegalArgumentException("at least one line, and one line for each product");
            }
        }
    }

    record HeldResponse(UUID orderId, List<HeldLine> lines) {}

    /** How the caller settled the reservation. */
    enum Settlement {
        COMMIT,
        RELEASE
    }

    record SettledResponse(UUID orderId, Settlement settlement) {}
}
