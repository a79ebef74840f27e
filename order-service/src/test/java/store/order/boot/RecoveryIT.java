package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import store.order.InMemoryInventory;
import store.order.InMemoryPayments;
import store.order.Inventory.ReservationOutcome;
import store.order.OrderId;
import store.order.Payments.ChargeOutcome;
import store.order.Status;

/** How an order ends that its request could not finish, and what the database holds against a change. */
class RecoveryIT extends RunningOrderService {

    @Test
    void aTotalThatRecoveryFindsToDifferEndsTheOrderInTheSameWay() {
        peers.nextReservation(() -> new ReservationOutcome.Unknown("no answer"));
        var order = id(place(key, twoCups("tok_visa").replace("2000", "1999")));
        awaitStatus(order, "REJECTED");
        var repeat = place(key, twoCups("tok_visa").replace("2000", "1999"));
        assertThat(repeat.statusCode()).isEqualTo(409);
        assertThat(json(repeat).get("type").asString()).endsWith("/price-changed");
        assertThat(peers.payments.get(order))
                .as("the first run might have charged it")
                .isEqualTo(InMemoryPayments.State.VOIDED);
        awaitSettled(order, InMemoryInventory.State.RELEASED);
    }

    @Test
    void aWriteThatAConstraintRefusesIsCountedAndSetAsideWhenItRepeats() {
        var before = metric("store.orders.writes.refused");
        jdbc.sql("alter table orders.orders add constraint no_cups check (customer_id <> '" + customer
                        + "' or status <> 'CONFIRMED') not valid")
                .update();
        try {
            var answer = place(key, twoCups("tok_visa"));
            assertThat(answer.statusCode()).isEqualTo(202);
            awaitStatus(id(answer), "NEEDS_ATTENTION");
            assertThat(metric("store.orders.writes.refused") - before).isEqualTo(2);
            assertThat(json(operator("/" + id(answer), null)).at("/history").toString())
                    .contains("no_cups");
            jdbc.sql("alter table orders.orders drop constraint no_cups").update();
            assertThat(operator("/" + id(answer) + "/retry", "{}").statusCode()).isEqualTo(202);
            awaitStatus(id(answer), "CONFIRMED");
        } finally {
            jdbc.sql("alter table orders.orders drop constraint if exists no_cups")
                    .update();
        }
    }

    @Test
    void anEndThatIsNotConfirmedIsAnsweredWithWhatWasReadLast() throws Exception {
        var reached = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        peers.nextCharge(() -> {
            reached.countDown();
            awaitLatch(goOn);
            return new ChargeOutcome.Captured();
        });
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var other = database.getConnection()) {
            var first = executor.submit(() -> place(key, twoCups("tok_visa")));
            awaitLatch(reached);
            other.setAutoCommit(false);
            execute(other, "select from orders.orders where customer_id = '" + customer + "' for update");
            goOn.countDown();
            var answer = first.get(10, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(202);
            assertThat(json(answer).get("status").asString()).isEqualTo("PENDING");
            other.rollback();
            awaitStatus(id(answer), "CONFIRMED");
            assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void unknownStockStaysPendingAndRecoveryFinishes() {
        peers.nextReservation(() -> new ReservationOutcome.Unknown("no answer"));
        var first = place(key, twoCups("tok_visa"));
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(first.headers().firstValue("Retry-After")).contains("1");
        assertThat(json(first).get("reason").asString()).isEqualTo("AWAITING_STOCK");
        assertThat(json(first).get("total").isNull()).isTrue();
        awaitStatus(id(first), "CONFIRMED");
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
    }

    @Test
    void unknownPaymentStaysPendingWithItsPricesAndRecoveryFinishes() {
        peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer"));
        var first = place(key, twoCups("tok_visa"));
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(json(first).get("reason").asString()).isEqualTo("AWAITING_PAYMENT");
        assertThat(json(first).at("/total/amount").asLong()).isEqualTo(2000);
        assertThat(jdbc.sql("select encode(card_token, 'escape') from orders.orders where id = ?")
                        .param(id(first).value())
                        .query(String.class)
                        .single())
                .as("the card rests encrypted")
                .doesNotContain("tok_visa");
        awaitStatus(id(first), "CONFIRMED");
    }

    @Test
    void aWorkerPausedBeyondItsLeaseChangesNothing() {
        var leased = orders.insert(newOrder(), Duration.ZERO).orElseThrow();
        awaitStatus(leased.order().id(), "CONFIRMED");
        var answer = finishOrder.finish(leased);
        assertThat(answer.status()).as("the answer is the decision on record").isEqualTo(Status.CONFIRMED);
        assertThat(count("select count(*) from orders.order_audit where event = 'FENCED_OFF' and order_id = '"
                        + leased.order().id() + "'"))
                .isEqualTo(1);
    }

    @Test
    void anOrderWhoseRequestDiedIsFinished() {
        var leased = orders.insert(newOrder(), Duration.ofMillis(200)).orElseThrow();
        awaitStatus(leased.order().id(), "CONFIRMED");
        awaitSettled(leased.order().id(), InMemoryInventory.State.COMMITTED);
    }

    /** A peer that has just come back gets at most recovery's 50 calls a second, reserves and settlements together. */
    @Test
    void recoveryKeepsItsPaceHoweverMuchThereIsToDo() {
        var ids = new ArrayList<OrderId>();
        for (var i = 0; i < 45; i++) {
            var order = newOrder(UUID.randomUUID().toString());
            ids.add(orders.insert(order, Duration.ZERO).orElseThrow().order().id());
        }
        await().atMost(BOUND)
                .until(() ->
                        ids.stream().allMatch(id -> peers.reservations.get(id) == InMemoryInventory.State.COMMITTED));
        var times = peers.inventoryCalls.stream()
                .filter(call -> ids.contains(call.order()))
                .mapToLong(FakePeers.Call::atNanos)
                .sorted()
                .toArray();
        assertThat(times).as("each is reserved and committed once").hasSize(90);
        var second = TimeUnit.SECONDS.toNanos(1);
        for (var time : times) {
            assertThat(Arrays.stream(times)
                            .filter(at -> at >= time && at < time + second)
                            .count())
                    .as("within one second, though the machine may be late with some of them")
                    .isLessThanOrEqualTo(60);
        }
    }

    @Test
    void settlementsThatFailAreCountedUntilTheyAreDone() {
        var order = id(place(key, twoCups("tok_visa")));
        awaitSettled(order, InMemoryInventory.State.COMMITTED);
        assertThat(metric("store.settlements.retried")).isZero();
        jdbc.sql("insert into orders.settlement (order_id, settlement, of_request, attempts, due_at)"
                        + " values (?, 'COMMIT', true, 2, now() + interval '1 h')")
                .param(order.value())
                .update();
        assertThat(metric("store.settlements.retried")).isEqualTo(1);
        jdbc.sql("update orders.settlement set due_at = now()").update();
        await().atMost(BOUND)
                .untilAsserted(
                        () -> assertThat(metric("store.settlements.retried")).isZero());
    }

    @Test
    void theDatabaseRefusesToChangeAFinalOrderOrItsHistory() {
        var order = id(place(key, twoCups("tok_visa")));
        assertThat(failure("update orders.orders set status = 'PENDING' where id = '" + order + "'"))
                .contains("is CONFIRMED and cannot become PENDING");
        assertThat(failure("delete from orders.order_audit where order_id = '" + order + "'"))
                .contains("append-only");
        assertThat(failure("truncate orders.order_audit")).contains("append-only");
    }
}
