package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import store.order.InMemoryInventory;
import store.order.InMemoryPayments;
import store.order.Inventory.ReservationOutcome;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;

/** How an order is cancelled by its customer, and given up by the store. */
class CancellingIT extends RunningOrderService {

    @Test
    void cancelsAPendingOrderAndUndoesItsCharge() {
        peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
        var order = id(place(key, twoCups("tok_visa")));
        peers.nextVoid(() -> new VoidOutcome.Unknown("no answer"));
        var first = post("/api/orders/" + order + "/cancel");
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(json(first).get("status").asString()).isEqualTo("CANCELLING");
        awaitStatus(order, "CANCELLED");
        var again = post("/api/orders/" + order + "/cancel");
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(json(again).get("reason").asString()).isEqualTo("CUSTOMER");
        assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
        assertThat(peers.reservations.get(order)).isEqualTo(InMemoryInventory.State.RELEASED);
        var repeat = place(key, twoCups("tok_visa"));
        assertThat(repeat.statusCode()).isEqualTo(409);
        assertThat(json(repeat).get("type").asString()).endsWith("/order-cancelled");
    }

    @Test
    void aFinalOrderCannotBeCancelled() {
        var order = id(place(key, twoCups("tok_visa")));
        var answer = post("/api/orders/" + order + "/cancel");
        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(json(answer).get("type").asString()).endsWith("/order-final");
        assertThat(json(answer).get("orderId").asString()).isEqualTo(order.toString());
    }

    @Test
    void aCancelOvertakesTheRequestThatIsBeingFinished() throws Exception {
        var reached = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        peers.nextCharge(() -> {
            reached.countDown();
            awaitLatch(goOn);
            return new ChargeOutcome.Captured();
        });
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = executor.submit(() -> place(key, twoCups("tok_visa")));
            awaitLatch(reached);
            var order = json(get("/api/orders")).at("/orders/0/id").asString();
            assertThat(post("/api/orders/" + order + "/cancel").statusCode()).isEqualTo(200);
            goOn.countDown();
            var answer = first.get(10, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(json(answer).get("type").asString()).endsWith("/order-cancelled");
            assertThat(count("select count(*) from orders.order_audit where event = 'FENCED_OFF' and order_id = '"
                            + order + "'"))
                    .isEqualTo(1);
        }
    }

    @Test
    void whatAPeerHasWithdrawnIsGivenUp() {
        peers.nextReservation(ReservationOutcome.Withdrawn::new);
        var noStock = place(key, twoCups("tok_visa"));
        peers.nextCharge(ChargeOutcome.Withdrawn::new);
        var noCharge = place("other", twoCups("tok_visa"));
        for (var answer : List.of(noStock, noCharge)) {
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(json(answer).get("type").asString()).endsWith("/order-cancelled");
            var order = orderIdIn(answer);
            assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
            assertThat(peers.reservations.get(order)).isEqualTo(InMemoryInventory.State.RELEASED);
            assertThat(count("select count(*) from orders.order_audit where status = 'CANCELLING' and order_id = '"
                            + order + "'"))
                    .as("decided before it was compensated")
                    .isEqualTo(1);
        }
    }

    @Test
    void anOrderOlderThanThePatienceIsGivenUp() {
        var leased = orders.insert(newOrder(), Duration.ofMinutes(1)).orElseThrow();
        var order = leased.order().id();
        jdbc.sql("update orders.orders set created_at = now() - interval '16 min', lease_until = null, due_at ="
                        + " now() where id = ?")
                .param(order.value())
                .update();
        awaitStatus(order, "CANCELLED");
        assertThat(json(get("/api/orders/" + order)).get("reason").asString()).isEqualTo("PATIENCE");
        assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
    }
}
