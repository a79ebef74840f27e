package store.chaos.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A guest who buys one piece of one product after the other. Safe for use by several threads. */
final class Buyer {

    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient http;
    private final URI gateway;
    private final List<JsonNode> products;
    private final String token;

    /** @throws IOException if the store does not answer */
    Buyer(HttpClient http, URI gateway, List<JsonNode> products) throws IOException, InterruptedException {
        this.http = http;
        this.gateway = gateway;
        this.products = products;
        var guest = http.send(
                HttpRequest.newBuilder(gateway.resolve("/api/guests"))
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofByteArray());
        this.token = JSON.readTree(guest.body()).path("token").asString();
    }

    static List<JsonNode> products(HttpClient http, URI gateway) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(gateway.resolve("/api/products")).build(), BodyHandlers.ofByteArray());
        return JSON.readTree(answer.body()).path("products").valueStream().toList();
    }

    /**
     * Checks out.
     *
     * @param which of the products, counted around
     * @return the answer's status
     */
    int buy(int which) throws IOException, InterruptedException {
        var product = products.get(which % products.size());
        var body = "{\"lines\":[{\"sku\":%s,\"quantity\":1}],\"payment\":{\"token\":\"tok_visa\"},\"expectedTotal\":%s}"
                .formatted(product.path("sku"), product.path("price"));
        return http.send(
                        HttpRequest.newBuilder(gateway.resolve("/api/orders"))
                                .header("Authorization", "Bearer " + token)
                                .header("Idempotency-Key", UUID.randomUUID().toString())
                                .header("Content-Type", "application/json")
                                .timeout(Duration.ofSeconds(10))
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }
}
