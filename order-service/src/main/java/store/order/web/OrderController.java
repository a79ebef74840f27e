package store.order.web;

import java.net.URI;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import store.order.CancelOrder;
import store.order.Cancellation;
import store.order.CustomerId;
import store.order.IdempotencyKey;
import store.order.Order;
import store.order.OrderId;
import store.order.Orders;
import store.order.PlaceOrder;
import store.order.Placement;
import store.resilience.spring.Problems;
import store.resilience.spring.Problems.FieldError;

/** The customer's API. The principal's name is the customer's id, a UUID that the edge put into the token. */
@RestController
@RequestMapping("/api/orders")
class OrderController {

    private static final String PATH = "/api/orders/";
    private static final String REPLAYED = "Idempotent-Replayed";
    private static final int MAX_PAGE = 100;

    private final PlaceOrder placeOrder;
    private final CancelOrder cancelOrder;
    private final Orders orders;

    OrderController(PlaceOrder placeOrder, CancelOrder cancelOrder, Orders orders) {
        this.placeOrder = placeOrder;
        this.cancelOrder = cancelOrder;
        this.orders = orders;
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE) // a form would be read before it could be refused
    ResponseEntity<?> place(
            Principal principal, @RequestHeader HttpHeaders headers, @RequestBody PlaceOrderRequest request) {
        var idempotencyKey = idempotencyKey(headers.getOrEmpty("Idempotency-Key"));
        var order = request.checked();
        return switch (placeOrder.place(
                customer(principal), idempotencyKey, order.lines(), order.card(), order.expectedTotal())) {
            case Placement.Placed(var placed) -> answer(placed, false);
            case Placement.Repeated(var known) -> answer(known, true);
            case Placement.InFlight(var id) -> throw inFlight(id);
            case Placement.KeyReused _ ->
                throw Problems.of(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "key-reused",
                        "This Idempotency-Key was used for another checkout; use a new one.");
        };
    }

    @GetMapping("/{id}")
    OrderResponse order(Principal principal, @PathVariable UUID id) {
        return orders.find(customer(principal), new OrderId(id))
                .map(OrderResponse::of)
                .orElseThrow(OrderController::notFound);
    }

    @GetMapping
    OrdersResponse orders(
            Principal principal,
            @RequestParam(defaultValue = "20") int limit,
            @RequestParam(required = false) @Nullable UUID after) {
        if (limit < 1 || limit > MAX_PAGE) {
            throw Problems.invalidRequest(List.of(new FieldError("limit", "must be 1 to " + MAX_PAGE)));
        }
        var cursor = after == null ? null : new OrderId(after);
        // One more than asked for tells whether there is a next page.
        var found = orders.list(customer(principal), cursor, limit + 1);
        var page = found.stream().limit(limit).map(OrderResponse::of).toList();
        return new OrdersResponse(page, found.size() > limit ? page.getLast().id() : null);
    }

    @PostMapping("/{id}/cancel")
    ResponseEntity<?> cancel(Principal principal, @PathVariable UUID id) {
        return switch (cancelOrder.cancel(customer(principal), new OrderId(id))) {
            case Cancellation.Accepted(var order) ->
                order.status().isFinal() ? state(ResponseEntity.ok(), order) : pending(order);
            case Cancellation.AlreadyFinal(var order) ->
                throw withOrderId(
                        Problems.of(HttpStatus.CONFLICT, "order-final", "The order is " + order.status() + " already."),
                        order.id());
            case Cancellation.NotFound _ -> throw notFound();
        };
    }

    /** Answers a final order with its stored bytes, any other with the order as it stands. */
    private static ResponseEntity<?> answer(Order order, boolean repeat) {
        var stored = order.answer();
        if (stored == null) {
            return pending(order);
        }
        var success = stored.status() == HttpStatus.CREATED.value();
        var answer = ResponseEntity.status(stored.status())
                .contentType(success ? MediaType.APPLICATION_JSON : MediaType.APPLICATION_PROBLEM_JSON);
        if (success) {
            answer.location(URI.create(PATH + order.id()));
        }
        if (repeat) {
            answer.header(REPLAYED, "true");
        }
        return answer.body(stored.body());
    }

    private static ResponseEntity<OrderResponse> pending(Order order) {
        return state(
                ResponseEntity.accepted()
                        .location(URI.create(PATH + order.id()))
                        .header(HttpHeaders.RETRY_AFTER, "1"),
                order);
    }

    /** Ignores the Accept header: something was done, and a 406 would say that it was not. */
    private static ResponseEntity<OrderResponse> state(ResponseEntity.BodyBuilder answer, Order order) {
        return answer.contentType(MediaType.APPLICATION_JSON).body(OrderResponse.of(order));
    }

    /** Refuses two keys: joined, they would be a third key, and the same checkout would be placed twice. */
    private static IdempotencyKey idempotencyKey(List<String> given) {
        if (given.size() > 1) {
            throw Problems.invalidRequest(List.of(new FieldError("Idempotency-Key", "must be given once")));
        }
        try {
            return new IdempotencyKey(given.isEmpty() ? "" : given.getFirst());
        } catch (IllegalArgumentException e) {
            throw Problems.invalidRequest(List.of(new FieldError("Idempotency-Key", String.valueOf(e.getMessage()))));
        }
    }

    private static CustomerId customer(Principal principal) {
        return new CustomerId(UUID.fromString(principal.getName()));
    }

    private static ErrorResponseException inFlight(OrderId id) {
        var problem = withOrderId(
                Problems.of(
                        HttpStatus.CONFLICT,
                        "key-in-flight",
                        "A request with this Idempotency-Key is being worked on."),
                id);
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, "1");
        return problem;
    }

    private static ErrorResponseException notFound() {
        return Problems.of(HttpStatus.NOT_FOUND, "not-found", "There is no such order.");
    }

    private static ErrorResponseException withOrderId(ErrorResponseException problem, OrderId id) {
        problem.getBody().setProperties(Map.of("orderId", id.value()));
        return problem;
    }

    /**
     * A page of orders.
     *
     * @param next the cursor of the next page; null on the last
     */
    record OrdersResponse(
            List<OrderResponse> orders, @Nullable UUID next) {}
}
