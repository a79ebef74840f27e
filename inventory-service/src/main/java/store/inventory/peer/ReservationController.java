package store.inventory.peer;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.http.HttpStatus;
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

/** Reservations by order id: 200 held, 409 refused, 410 withdrawn, 422 a contradiction. */
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
            case Held(var lines) -> ResponseEntity.ok(new HeldResponse(lines));
            case Refused(var why) -> {
                var problem = Problems.detail(HttpStatus.CONFLICT, "refused", "The stock cannot be held.");
                problem.setProperties(Map.of("reason", why));
                yield ResponseEntity.status(HttpStatus.CONFLICT).body(problem);
            }
            case Withdrawn _ -> throw Problems.of(HttpStatus.GONE, "withdrawn", "The order was released already.");
            case Contradiction(var why) -> throw contradiction(why);
        };
    }

    @PostMapping("/commit")
    ResponseEntity<Void> commit(@PathVariable UUID orderId) {
        return settled(settleReservation.commit(new OrderId(orderId)));
    }

    @PostMapping("/release")
    ResponseEntity<Void> release(@PathVariable UUID orderId) {
        return settled(settleReservation.release(new OrderId(orderId)));
    }

    private static ResponseEntity<Void> settled(SettlementAnswer answer) {
        return switch (answer) {
            case SettlementAnswer.Settled _ -> ResponseEntity.noContent().build();
            case SettlementAnswer.Contradiction(var why) -> throw contradiction(why);
        };
    }

    private static RuntimeException contradiction(String why) {
        return Problems.of(HttpStatus.UNPROCESSABLE_CONTENT, "contradiction", why);
    }

    record ReserveRequest(List<Line> lines) {
        ReserveRequest {
            if (lines.isEmpty() || lines.stream().map(Line::sku).distinct().count() < lines.size()) {
                throw new IllegalArgumentException("at least one line, and one line for each product");
            }
        }
    }

    record HeldResponse(List<HeldLine> lines) {}
}
