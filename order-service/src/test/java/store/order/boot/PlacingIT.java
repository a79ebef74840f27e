package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import store.order.InMemoryInventory;
import store.order.Inventory.ReservationOutcome;
import store.order.Money;
import store.order.OrderLine;
import store.order.Payments.ChargeOutcome;
import store.order.Reason;

/** What a placing request is answered, over HTTP and on record. */
class PlacingIT extends RunningOrderService {

    @Test
    void confirmsAnOrderAndReplaysTheSameBytes() {
        var first = place(key, twoCups("tok_visa"));
        assertThat(first.statusCode()).isEqualTo(201);
        var order = json(first);
        assertThat(order.get("status").asString()).isEqualTo("CONFIRMED");
        assertThat(order.get("reason").isNull()).isTrue();
        assertThat(order.at("/lines/0/name").asString()).isEqualTo("Name of cup");
        assertThat(order.at("/total/amount").asLong()).isEqualTo(2000);
        assertThat(first.headers().firstValue("Location"))
                .contains("/api/orders/" + order.get("id").asString());
        assertThat(first.headers().firstValue("Idempotent-Replayed")).isEmpty();

        var repeat = place(
                key,
                "{\"lines\":[{\"sku\":\"cup\",\"quantity\":1},{\"sku\":\"cup\",\"quantity\":1}],"
                    + "\"payment\":{\"token\":\"tok_visa\"},\"expectedTotal\":{\"amount\":2000,\"currency\":\"EUR\"}}");
        assertThat(repeat.statusCode()).isEqualTo(201);
        assertThat(repeat.body()).as("equal SKUs are summed: the same request").isEqualTo(first.body());
        assertThat(repeat.headers().firstValue("Idempotent-Replayed")).contains("true");

        var read = get("/api/orders/" + order.get("id").asString());
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.body()).isEqualTo(first.body());
        awaitSettled(id(first), InMemoryInventory.State.COMMITTED);
    }

    @Test
    void aDeclinedCardIsAnAnswerAndTheStockGoesBack() {
        peers.nextCharge(() -> new ChargeOutcome.Declined(Reason.INSUFFICIENT_FUNDS));
        var first = place(key, twoCups("tok_insufficient_funds"));
        assertThat(first.statusCode()).isEqualTo(402);
        assertThat(first.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(first).get("type").asString())
                .isEqualTo("https://checkout-store.example/problems/payment-declined");
        assertThat(place(key, twoCups("tok_insufficient_funds")).body()).isEqualTo(first.body());
        awaitSettled(orderIdIn(first), InMemoryInventory.State.RELEASED);
    }

    @Test
    void refusedStockIsAnAnswerAndNothingIsCharged() {
        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK));
        var shortOf = place(key, twoCups("tok_visa"));
        assertThat(shortOf.statusCode()).isEqualTo(409);
        assertThat(json(shortOf).get("type").asString()).endsWith("/out-of-stock");
        assertThat(peers.payments).doesNotContainKey(orderIdIn(shortOf));

        peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.UNKNOWN_PRODUCT));
        var unknown = place("other", twoCups("tok_visa"));
        assertThat(unknown.statusCode()).isEqualTo(409);
        assertThat(json(unknown).get("type").asString()).endsWith("/unknown-product");
    }

    @Test
    void aTotalThatDiffersEndsTheOrderBeforeAnythingIsCharged() {
        var answer = place(key, twoCups("tok_visa").replace("2000", "1999"));
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer).get("type").asString()).endsWith("/price-changed");
        assertThat(peers.payments).doesNotContainKey(orderIdIn(answer));
        assertThat(json(get("/api/orders/" + orderIdIn(answer)))
                        .at("/total/amount")
                        .asLong())
                .isEqualTo(2000);
        awaitSettled(orderIdIn(answer), InMemoryInventory.State.RELEASED);
    }

    @Test
    void aTotalThatPaymentCannotTakeEndsTheOrderAtOnce() {
        for (var price : List.of(
                new Money(999_999_999_999L, "EUR"),
                new Money(1000, "ZZZ"),
                new Money(1000, "eur"),
                new Money(-1000, "EUR"),
                new Money(Long.MAX_VALUE / 2, "EUR"))) {
            peers.nextReservation(() -> new ReservationOutcome.Held(List.of(new OrderLine("cup", 2, "Cup", price))));
            var agreed = price.currency().equals("ZZZ")
                    ? "{\"amount\":2000,\"currency\":\"ZZZ\"}"
                    : "{\"amount\":" + Math.abs(2 * price.amount()) + ",\"currency\":\"EUR\"}";
            var answer = place(
                    UUID.randomUUID().toString(),
                    twoCups("tok_visa").replace("{\"amount\":2000,\"currency\":\"EUR\"}", agreed));
            assertThat(answer.statusCode()).as(price.toString()).isEqualTo(409);
            assertThat(json(answer).get("type").asString()).endsWith("/price-changed");
            assertThat(peers.payments).doesNotContainKey(orderIdIn(answer));
        }
    }

    @Test
    void pricesThatHaveNoSumAreNotThePriceAgreedTo() {
        peers.nextReservation(() -> new ReservationOutcome.Held(List.of(
                new OrderLine("cup", 1, "Cup", new Money(1000, "EUR")),
                new OrderLine("mug", 1, "Mug", new Money(1000, "USD")))));
        var answer = place(
                key,
                twoCups("tok_visa")
                        .replace(
                                "{\"sku\":\"cup\",\"quantity\":2}",
                                "{\"sku\":\"cup\",\"quantity\":1},{\"sku\":\"mug\",\"quantity\":1}"));
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer).get("type").asString()).endsWith("/price-changed");
        assertThat(peers.payments).doesNotContainKey(orderIdIn(answer));
        awaitSettled(orderIdIn(answer), InMemoryInventory.State.RELEASED);
    }

    /** A 406 would say that nothing was done. */
    @Test
    void whatIsDoneIsToldInJsonWhateverTheClientAccepts() {
        peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
        var placed = send(request("/api/orders", token(customer, KEYS))
                .header("Accept", "text/html")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(twoCups("tok_visa"))));
        assertThat(placed.statusCode()).isEqualTo(202);
        assertThat(placed.headers().firstValue("Content-Type")).contains("application/json");
        var cancelled = send(request("/api/orders/" + id(placed) + "/cancel", token(customer, KEYS))
                .header("Accept", "text/html")
                .POST(BodyPublishers.noBody()));
        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(json(cancelled).get("status").asString()).isEqualTo("CANCELLED");
    }

    @Test
    void aPlacementThatAConstraintRefusesCertainlyDidNothing() {
        jdbc.sql("alter table orders.orders add constraint no_orders check (customer_id <> '" + customer
                        + "') not valid")
                .update();
        try {
            var answer = place(key, twoCups("tok_visa"));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(json(answer).get("type").asString()).endsWith("/not-accepted");
        } finally {
            jdbc.sql("alter table orders.orders drop constraint no_orders").update();
        }
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
    }

    @Test
    void onlyTheCustomersTokenOpensTheDoor() {
        assertThat(send(request("/api/orders", null).GET()).statusCode()).isEqualTo(401);
        assertThat(send(request("/api/orders", "nonsense").GET()).statusCode()).isEqualTo(401);
        assertThat(send(request("/api/orders", token(customer, keys())).GET()).statusCode())
                .isEqualTo(401);
        var order = id(place(key, twoCups("tok_visa")));
        var stranger = token(UUID.randomUUID(), KEYS);
        assertThat(send(request("/api/orders/" + order, stranger).GET()).statusCode())
                .isEqualTo(404);
        assertThat(send(request("/api/orders/" + order + "/cancel", stranger).POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void pagesThroughACustomersOrdersNewestFirst() {
        var placed = new ArrayList<String>();
        for (var i = 0; i < 5; i++) {
            placed.addFirst(id(place("page-" + i, twoCups("tok_visa"))).toString());
        }
        var seen = new ArrayList<String>();
        var next = "";
        do {
            var page = json(get("/api/orders?limit=2" + next));
            page.get("orders").forEach(order -> seen.add(order.get("id").asString()));
            next = page.get("next").isNull() ? "" : "&after=" + page.get("next").asString();
        } while (!next.isEmpty());
        assertThat(seen).isEqualTo(placed);
    }
}
