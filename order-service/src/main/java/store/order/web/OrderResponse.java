package store.order.web;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import store.order.Money;
import store.order.Order;
import store.order.OrderLine;
import store.order.Reason;
import store.order.Status;

/** An order as its customer sees it. Names, unit prices and the total are null until stock is held. */
record OrderResponse(
        UUID id,
        Status status,
        @Nullable Reason reason,
        List<OrderLine> lines,
        @Nullable Money total,
        Instant createdAt,
        Instant updatedAt) {

    static OrderResponse of(Order order) {
        return new OrderResponse(
                order.id().value(),
                order.status(),
                order.reason(),
                order.lines(),
                order.total(),
                order.createdAt(),
                order.updatedAt());
    }
}
