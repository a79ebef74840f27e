package store.order.web;

import java.util.Objects;
import org.springframework.http.HttpStatus;
import store.order.Order;
import store.order.StoredAnswer;
import store.order.TerminalAnswers;
import store.resilience.spring.Problems;
import tools.jackson.databind.json.JsonMapper;

/** 201 with the order, or the problem that names its end. */
final class JsonTerminalAnswers implements TerminalAnswers {

    private final JsonMapper json;

    JsonTerminalAnswers(JsonMapper json) {
        this.json = json;
    }

    @Override
    public StoredAnswer answerFor(Order order) {
        return switch (order.status()) {
            case CONFIRMED -> new StoredAnswer(201, json.writeValueAsBytes(OrderResponse.of(order)));
            case DECLINED, REJECTED, CANCELLED -> problem(order);
            case PENDING, CANCELLING, NEEDS_ATTENTION ->
                throw new IllegalArgumentException("order " + order.id() + " is not final but " + order.status());
        };
    }

    private StoredAnswer problem(Order order) {
        var problem = switch (Objects.requireNonNull(order.reason())) {
            case CARD_DECLINED ->
                Problems.detail(HttpStatus.PAYMENT_REQUIRED, "payment-declined", "The card was declined.");
            case INSUFFICIENT_FUNDS ->
                Problems.detail(
                        HttpStatus.PAYMENT_REQUIRED,
                        "payment-declined",
                        "The card was declined for insufficient funds.");
            case OUT_OF_STOCK ->
                Problems.detail(HttpStatus.CONFLICT, "out-of-stock", "A product is not in stock as ordered.");
            case UNKNOWN_PRODUCT ->
                Problems.detail(HttpStatus.CONFLICT, "unknown-product", "A product does not exist.");
            case PRICE_CHANGED ->
                Problems.detail(
                        HttpStatus.CONFLICT,
                        "price-changed",
                        "The total is not the expected one; nothing was charged. The order shows the prices.");
            case CUSTOMER ->
                Problems.detail(HttpStatus.CONFLICT, "order-cancelled", "The order was cancelled on request.");
            case PATIENCE ->
                Problems.detail(HttpStatus.CONFLICT, "order-cancelled", "The order could not be finished in time.");
            case AWAITING_STOCK, AWAITING_PAYMENT, CONTRADICTION ->
                throw new IllegalArgumentException("not a reason for an end: " + order.reason());
        };
        problem.setProperty("orderId", order.id().value()); // one by one: every process writes them in this order
        problem.setProperty("reason", order.reason());
        return new StoredAnswer(problem.getStatus(), json.writeValueAsBytes(problem));
    }
}
