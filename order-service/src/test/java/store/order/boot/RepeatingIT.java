package store.order.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import store.order.Payments.ChargeOutcome;

/** What a repeat of an idempotency key is answered. */
class RepeatingIT extends RunningOrderService {

    @Test
    void aKeyWhoseOrderMayYetLandIsAnsweredAsUnknown() throws Exception {
        try (var other = database.getConnection()) {
            other.setAutoCommit(false);
            execute(other, """
                insert into orders.orders (id, customer_id, idempotency_key, fingerprint, lines, expected_amount,
                    expected_currency, status, reason, due_at)
                values ('%s', '%s', '%s', '', '[]', 1, 'EUR', 'PENDING', 'AWAITING_STOCK', now() + interval '1 day')
                """.formatted(UUID.randomUUID(), customer, key));
            var answer = place(key, twoCups("tok_visa"));
            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(json(answer).get("type").asString()).endsWith("/outcome-unknown");
            other.rollback();
        }
        assertThat(place(key, twoCups("tok_visa")).statusCode()).isEqualTo(201);
    }

    @Test
    void theSameKeyForAnotherCheckoutIsRefused() {
        place(key, twoCups("tok_visa"));
        for (var other : List.of(
                twoCups("tok_other"),
                twoCups("tok_visa").replace("\"quantity\":2", "\"quantity\":3"),
                twoCups("tok_visa").replace("EUR", "USD"))) {
            var answer = place(key, other);
            assertThat(answer.statusCode()).isEqualTo(422);
            assertThat(json(answer).get("type").asString()).endsWith("/key-reused");
        }
    }

    @Test
    void aRepeatWhileTheRequestIsWorkedOnIsToldSo() throws Exception {
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
            var repeat = place(key, twoCups("tok_visa"));
            assertThat(repeat.statusCode()).isEqualTo(409);
            assertThat(repeat.headers().firstValue("Retry-After")).contains("1");
            assertThat(json(repeat).get("type").asString()).endsWith("/key-in-flight");
            goOn.countDown();
            assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void twentyPostsOfOneKeyPlaceOneOrder() throws Exception {
        var barrier = new CyclicBarrier(20);
        var answers = new ArrayList<HttpResponse<String>>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var posts = new ArrayList<Future<HttpResponse<String>>>();
            for (var i = 0; i < 20; i++) {
                posts.add(executor.submit(() -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    return place(key, twoCups("tok_visa"));
                }));
            }
            for (var post : posts) {
                answers.add(post.get(20, TimeUnit.SECONDS));
            }
        }
        assertThat(answers).extracting(HttpResponse::statusCode).isSubsetOf(201, 409);
        assertThat(answers.stream()
                        .filter(answer -> answer.statusCode() == 201)
                        .map(HttpResponse::body)
                        .distinct())
                .hasSize(1);
        assertThat(count("select count(*) from orders.orders where customer_id = '" + customer + "'"))
                .isEqualTo(1);
    }

    @Test
    void whatCanBeRefusedWithoutAskingAnyoneIsNotRemembered() {
        var bad = place(key, "{\"lines\":[{\"sku\":\"cup\",\"quantity\":101},{\"sku\":\"\",\"quantity\":1}]}");
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(json(bad)
                        .get("errors")
                        .valueStream()
                        .map(error -> error.get("field").asString()))
                .containsExactly(
                        "lines[0].quantity",
                        "lines[1].sku",
                        "payment.token",
                        "expectedTotal.amount",
                        "expectedTotal.currency");
        assertThat(place(key, twoCups("tok_visa").replace("\"lines\"", "\"lions\":1,\"lines\""))
                        .statusCode())
                .as("unknown fields are refused")
                .isEqualTo(400);
        assertThat(place(key, "{").statusCode()).isEqualTo(400);
        assertThat(place("", twoCups("tok_visa")).statusCode()).isEqualTo(400);
        assertThat(place("k".repeat(256), twoCups("tok_visa")).statusCode()).isEqualTo(400);
        assertThat(place(key, twoCups("tok_visa").replace("\"cup\"", "\"c\\u0000p\""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(place(key, twoCups("tok_visa").replace("\"cup\"", "\"c\\ud800p\""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(place(key, twoCups("tok visa")).statusCode()).isEqualTo(400);
        var twoKeys = send(request("/api/orders", token(customer, KEYS))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(twoCups("tok_visa"))));
        assertThat(twoKeys.statusCode()).isEqualTo(400);
        assertThat(json(twoKeys).at("/errors/0/field").asString()).isEqualTo("Idempotency-Key");
        assertThat(place(key, twoCups("tok_visa").replace("\"quantity\":2", "\"quantity\":2.5"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(get("/api/orders?limit=0").statusCode()).isEqualTo(400);
        assertThat(get("/api/orders?limit=x").statusCode()).isEqualTo(400);
        assertThat(get("/api/orders/nonsense").statusCode()).isEqualTo(400);
        assertThat(place(key, twoCups("tok_visa")).statusCode())
                .as("the key is still free")
                .isEqualTo(201);
    }
}
