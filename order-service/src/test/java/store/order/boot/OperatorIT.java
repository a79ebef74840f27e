package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import store.order.InMemoryInventory;
import store.order.InMemoryPayments;
import store.order.Inventory.ReservationOutcome;
import store.order.Inventory.SettlementOutcome;
import store.order.OrderLine;
import store.order.Payments.ChargeOutcome;
import store.order.Payments.VoidOutcome;
import store.order.Reason;
import store.order.Status;

/** What an operator sees of an order that needs attention, and can do about it. */
class OperatorIT extends RunningOrderService {

    @Test
    void aPeerThatContradictsTheRecordCallsForAnOperator() {
        peers.nextCharge(() -> new ChargeOutcome.Contradiction("another amount"));
        var answer = place(key, twoCups("tok_visa"));
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(json(answer).get("status").asString()).isEqualTo("NEEDS_ATTENTION");
        assertThat(post("/api/orders/" + id(answer) + "/cancel").statusCode()).isEqualTo(202);
        assertThat(count("select count(*) from orders.order_audit where event = 'CANCEL_WISHED' and order_id = '"
                        + id(answer) + "'"))
                .isEqualTo(1);
    }

    @Test
    void onlyTheOperatorsTokenOpensTheOperatorsDoor() {
        for (var path : List.of("/operator/orders", "/operator/orders/" + UUID.randomUUID())) {
            for (var token :
                    new @Nullable String[] {null, "", OPERATOR + "x", OPERATOR.substring(1), token(customer, KEYS)}) {
                var answer = send(request(path, token).GET());
                assertThat(answer.statusCode()).as(path + " " + token).isEqualTo(401);
                assertThat(json(answer).get("type").asString()).endsWith("/unauthenticated");
            }
        }
        assertThat(send(request("/operator/orders/" + UUID.randomUUID() + "/resolve", null)
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString("{")))
                        .statusCode())
                .as("before anything is read")
                .isEqualTo(401);
        assertThat(send(request("/operator/orders", OPERATOR).GET()).statusCode())
                .isEqualTo(200);
        assertThat(send(request("/api/orders", OPERATOR).GET()).statusCode())
                .as("and no other path")
                .isEqualTo(401);
    }

    @Test
    void anOperatorSeesWhatNeedsAttentionAndLetsRecoveryTryAgain() {
        var order = orderThatNeedsAttention();
        assertThat(json(operator("", null))
                        .get("orders")
                        .valueStream()
                        .filter(found -> found.get("id").asString().equals(order.toString())))
                .singleElement()
                .satisfies(found -> assertThat(found.get("note").asString()).isEqualTo("another amount"));
        var dossier = json(operator("/" + order, null));
        assertThat(dossier.at("/lines/0/sku").asString()).isEqualTo("cup");
        assertThat(dossier.at("/history/1/status").asString()).isEqualTo("NEEDS_ATTENTION");
        assertThat(dossier.toString()).doesNotContain("tok_visa");
        assertThat(metric("store.orders.needing.attention"))
                .isPositive()
                .isEqualTo(count("select count(*) from orders.orders where status = 'NEEDS_ATTENTION'"));

        var retried = operator("/" + order + "/retry", "{}");
        assertThat(retried.statusCode()).isEqualTo(202);
        assertThat(json(retried).get("status").asString()).isEqualTo("PENDING");
        awaitStatus(order, "CONFIRMED");
        var late = operator("/" + order + "/retry", "{}");
        assertThat(late.statusCode()).isEqualTo(409);
        assertThat(json(late).get("detail").asString()).contains("CONFIRMED");
        assertThat(operator("/" + UUID.randomUUID() + "/retry", "{}").statusCode())
                .isEqualTo(404);
    }

    @Test
    void anOperatorConfirmsWhatIsHeldAndCapturedAndNothingElse() {
        var order = orderThatNeedsAttention();
        var end = Map.<Runnable, String>of(
                () -> peers.nextReservation(() -> new ReservationOutcome.Refused(Reason.OUT_OF_STOCK)), "OUT_OF_STOCK",
                () -> peers.nextReservation(ReservationOutcome.Withdrawn::new), "released",
                () -> peers.nextReservation(() -> new ReservationOutcome.Unknown("no answer")), "no answer",
                () -> peers.nextReservation(() -> FakePeers.held(List.of(OrderLine.of("cup", 3)))), "other lines",
                () -> peers.nextReservation(() -> dearer(2)), "2002",
                () -> peers.nextCharge(() -> new ChargeOutcome.Declined(Reason.CARD_DECLINED)), "CARD_DECLINED",
                () -> peers.nextCharge(ChargeOutcome.Withdrawn::new), "voided",
                () -> peers.nextCharge(() -> new ChargeOutcome.Unknown("no answer")), "no answer",
                () -> peers.nextCharge(() -> new ChargeOutcome.Contradiction("another card")), "another card");
        end.forEach((plan, why) -> {
            plan.run();
            var refused = resolve(order, "CONFIRMED");
            assertThat(refused.statusCode()).as(why).isEqualTo(409);
            assertThat(json(refused).get("detail").asString()).contains(why);
            assertThat(orders.find(order).orElseThrow().status()).isEqualTo(Status.NEEDS_ATTENTION);
        });

        var confirmed = resolve(order, "CONFIRMED");

        assertThat(confirmed.statusCode()).isEqualTo(200);
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
        awaitSettled(order, InMemoryInventory.State.COMMITTED);
        assertThat(count("select count(*) from orders.order_audit where actor = 'OPERATOR' and note = 'as agreed' and"
                        + " order_id = '" + order + "'"))
                .as("each attempt, with the reason given")
                .isEqualTo(end.size() + 1);
    }

    @Test
    void anOperatorCancelsByTheProtocol() {
        var order = orderThatNeedsAttention();
        peers.nextVoid(() -> new VoidOutcome.Contradiction("it is another order's"));
        var refused = resolve(order, "CANCELLED");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(json(operator("/" + order, null)).at("/givenUpFor").asString())
                .isEqualTo("PATIENCE");
        var confirm = resolve(order, "CONFIRMED");
        assertThat(json(confirm).get("detail").asString()).contains("can only end CANCELLED");

        assertThat(resolve(order, "CANCELLED").statusCode()).isEqualTo(200);

        assertThat(peers.payments.get(order)).isEqualTo(InMemoryPayments.State.VOIDED);
        assertThat(peers.reservations.get(order)).isEqualTo(InMemoryInventory.State.RELEASED);
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(409);
    }

    @Test
    void nobodyGetsTheMoneyBackForWhatIsSold() {
        var order = orderThatNeedsAttention();
        peers.nextRelease(() -> new SettlementOutcome.Contradiction("sold already"));
        assertThat(resolve(order, "CANCELLED").statusCode()).isEqualTo(409);
        assertThat(peers.payments).doesNotContainKey(order);
        assertThat(orders.find(order).orElseThrow().status()).isEqualTo(Status.NEEDS_ATTENTION);
    }

    @Test
    void aCustomersCancelMakesAnOperatorsRetryLeadToCancelled() {
        var order = orderThatNeedsAttention();
        assertThat(post("/api/orders/" + order + "/cancel").statusCode()).isEqualTo(202);
        assertThat(json(operator("/" + order + "/retry", "{\"why\":\"as wished\"}"))
                        .get("status")
                        .asString())
                .isEqualTo("CANCELLING");
        awaitStatus(order, "CANCELLED");
        assertThat(json(get("/api/orders/" + order)).get("reason").asString()).isEqualTo("CUSTOMER");
    }

    @Test
    void anOperatorSaysWhatAndWhy() {
        var order = orderThatNeedsAttention();
        for (var body : List.of(
                "{\"as\":\"CANCELLED\"}",
                "{\"why\":\"because\"}",
                "{\"as\":\"REJECTED\",\"why\":\"because\"}",
                "{\"as\":\"CANCELLED\",\"why\":\"two\\nlines\"}")) {
            assertThat(operator("/" + order + "/resolve", body).statusCode())
                    .as(body)
                    .isEqualTo(400);
        }
    }
}
