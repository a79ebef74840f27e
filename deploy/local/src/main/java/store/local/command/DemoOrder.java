package store.local.command;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import store.local.supervision.InstanceFolder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Places one order as a customer does, to show that the store works and how to use it. */
final class DemoOrder {

    /** The edge answers within 3 s; the first requests after a start are slower, but not by this much. */
    private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);

    /** Recovery tries an order again within 20 s. */
    private static final Duration FINAL_BOUND = Duration.ofSeconds(45);

    private static final int REPEATS = 10;

    /** After such an answer only a repeat tells what happened. */
    private static final Set<Integer> OPEN = Set.of(429, 503, 504);

    private static final Set<String> FINAL = Set.of("CONFIRMED", "REJECTED", "DECLINED", "CANCELLED");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String gateway;
    private final PrintStream progress;
    private String order = "";
    private String authorization = "";
    private String id = "";

    DemoOrder(String gateway, PrintStream progress) {
        this.gateway = gateway;
        this.progress = progress;
    }

    /**
     * Places the order and waits until it is final.
     *
     * @throws Failure if it is not CONFIRMED in the end
     */
    void place() throws IOException, InterruptedException {
        JsonNode guest = expect(201, send("POST", "/api/guests", Map.of(), ""));
        authorization = "Bearer " + guest.path("token").stringValue();
        order = order(availableProduct());
        Map<String, String> headers = Map.of(
                "Authorization",
                authorization,
                "Idempotency-Key",
                UUID.randomUUID().toString(),
                "Content-Type",
                "application/json");
        HttpResponse<String> answer = send("POST", "/api/orders", headers, order);
        JsonNode placed = expect(answer.statusCode() == 202 ? 202 : 201, answer);
        id = placed.path("id").stringValue();
        JsonNode now = placed;
        long deadline = System.nanoTime() + FINAL_BOUND.toNanos();
        while (!FINAL.contains(now.path("status").stringValue()) && System.nanoTime() < deadline) {
            Thread.sleep(200);
            now = expect(200, send("GET", "/api/orders/" + id, Map.of("Authorization", authorization), ""));
        }
        String status = now.path("status").stringValue();
        progress.println("order " + id + " " + status);
        if (!status.equals("CONFIRMED")) {
            throw new Failure(Failure.FAILED, "the store runs, but the order was not confirmed: " + now);
        }
    }

    /** The order's id, after it was placed. */
    String id() {
        return id;
    }

    /** The {@code Authorization} header of the customer who placed the order. */
    String authorization() {
        return authorization;
    }

    /**
     * Prints a complete session with curl, and the commands that help with it.
     *
     * @param service the part whose log shows orders
     */
    void sayWhatNext(String instance, String service) {
        String name = instance.equals("store") ? "" : " --name " + instance;
        progress.printf("""

            Try next:
              curl -s %1$s/api/products
              token=$(curl -s -X POST %1$s/api/guests | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
              curl -si %1$s/api/orders -H "Authorization: Bearer $token" -H "Idempotency-Key: $(date +%%s)" \\
                -H 'Content-Type: application/json' -d '%2$s'
              curl -s "%1$s/api/orders" -H "Authorization: Bearer $token"
              deploy/local/status%3$s
              deploy/local/logs %4$s -f%3$s
              deploy/local/down%3$s
            """, gateway, order, name, service);
    }

    private JsonNode availableProduct() throws IOException, InterruptedException {
        for (JsonNode product :
                expect(200, send("GET", "/api/products", Map.of(), "")).path("products")) {
            if (product.path("available").asInt() > 0) {
                return product;
            }
        }
        throw new Failure(Failure.FAILED, "the store runs, but no product is in stock; up --fresh restocks it");
    }

    private static String order(JsonNode product) {
        ObjectNode order = InstanceFolder.JSON.createObjectNode();
        order.putArray("lines")
                .addObject()
                .put("sku", product.path("sku").stringValue())
                .put("quantity", 1);
        order.putObject("payment").put("token", "tok_visa");
        order.set("expectedTotal", product.path("price"));
        return order.toString();
    }

    /**
     * Repeats a request while its outcome is open, because a store that has just started on a busy machine may miss its
     * own bounds. Every request may be repeated: an order has its key.
     */
    private HttpResponse<String> send(String method, String path, Map<String, String> headers, String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .timeout(ANSWER_BOUND);
        headers.forEach(request::header);
        HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
        for (int repeat = 0; repeat < REPEATS && OPEN.contains(answer.statusCode()); repeat++) {
            Thread.sleep(1000);
            answer = http.send(request.build(), BodyHandlers.ofString());
        }
        return answer;
    }

    private static JsonNode expect(int status, HttpResponse<String> answer) {
        if (answer.statusCode() != status) {
            throw new Failure(
                    Failure.FAILED,
                    "the store runs, but it answered " + answer.statusCode() + " to "
                            + answer.request().method() + " " + answer.uri() + ": " + answer.body());
        }
        return InstanceFolder.JSON.readTree(answer.body());
    }
}
