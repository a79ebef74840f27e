package store.chaos.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import store.chaos.journal.Journal;
import store.chaos.load.Plan.Line;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The store's public API. Every call is one attempt, bounded, and in the journal. */
final class Shop implements AutoCloseable {

    /** More than three times the store's own bound; a customer who waits longer has hung up. */
    static final Duration ANSWER_BOUND = Duration.ofSeconds(10);

    record Product(String sku, long price, String currency) {}

    record Customer(String id, String token) {}

    /**
     * @param status 0 if there was no answer, or not all of it
     * @param isTimeout whether the bound passed without an answer
     * @param retryAfter zero if the store named no time
     */
    record Answer(int status, String body, boolean isTimeout, Duration retryAfter) {

        /** A member of the body; missing also if the body is not JSON. */
        JsonNode field(String name) {
            try {
                return JsonMapper.shared().readTree(body).path(name);
            } catch (JacksonException e) {
                return MissingNode.getInstance(); // not the store but something in front of it has answered
            }
        }

        boolean isProblem(String name) {
            return field("type").asString("").endsWith("/problems/" + name);
        }

        /** Whether every repeat of the same key gets this answer again. */
        boolean isTerminal() {
            return status == 201 || status >= 400 && status < 500 && status != 429 && !isProblem("key-in-flight");
        }
    }

    private final HttpClient http;
    private final URI gateway;
    private final Consumer<Journal.Entry> journal;

    /** @param journal takes each attempt */
    Shop(URI gateway, Consumer<Journal.Entry> journal) {
        // One call is one request on the wire: retries by the HTTP client would not be in the journal.
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        // Below the servers' own 20 s, so that a request rarely meets a connection that is being closed.
        System.setProperty("jdk.httpclient.keepalive.timeout", "10");
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
        this.gateway = gateway;
        this.journal = journal;
    }

    /** @throws IOException if the store lists no products */
    List<Product> products() throws IOException, InterruptedException {
        var products =
                browse("").field("products").valueStream().map(Shop::product).toList();
        if (products.isEmpty()) {
            throw new IOException("no products at " + gateway);
        }
        return products;
    }

    private static Product product(JsonNode product) {
        return new Product(
                product.path("sku").asString(),
                product.path("price").path("amount").asLong(),
                product.path("price").path("currency").asString());
    }

    /** @throws IOException if the store takes no guests */
    List<Customer> guests(int count) throws IOException, InterruptedException {
        var guests = new ArrayList<Customer>();
        while (guests.size() < count) {
            guests.add(guest());
        }
        return guests;
    }

    private Customer guest() throws IOException, InterruptedException {
        var answer = send("guest", null, null, 1, request("/api/guests").POST(BodyPublishers.noBody()));
        if (answer.status() != 201) {
            throw new IOException("no guests at " + gateway + ": status " + answer.status());
        }
        return new Customer(
                answer.field("customerId").asString(), answer.field("token").asString());
    }

    /** @param path empty for the whole catalogue, or a slash and a product */
    Answer browse(String path) throws InterruptedException {
        return send("browse", null, null, 1, request("/api/products" + path));
    }

    Answer place(Customer customer, String key, int attempt, String checkout) throws InterruptedException {
        return send(
                "place",
                key,
                customer,
                attempt,
                request("/api/orders")
                        .header("Idempotency-Key", key)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(checkout)));
    }

    /** @param key with which the order was placed; for the journal alone */
    Answer order(Customer customer, String key, String id, int attempt) throws InterruptedException {
        return send("order", key, customer, attempt, request("/api/orders/" + id));
    }

    /** @param key as for {@link #order} */
    Answer cancel(Customer customer, String key, String id) throws InterruptedException {
        return send(
                "cancel",
                key,
                customer,
                1,
                request("/api/orders/" + id + "/cancel").POST(BodyPublishers.noBody()));
    }

    /** The body of a checkout. @param tooMuch how far the expected total is above what the products cost */
    static String checkout(List<Line> lines, List<Product> products, String card, long tooMuch) {
        var total = lines.stream()
                .mapToLong(
                        line -> line.quantity() * products.get(line.product()).price())
                .sum();
        return "{\"lines\":[%s],\"payment\":{\"token\":\"%s\"},\"expectedTotal\":{\"amount\":%d,\"currency\":\"%s\"}}"
                .formatted(
                        lines.stream()
                                .map(line -> "{\"sku\":\"%s\",\"quantity\":%d}"
                                        .formatted(products.get(line.product()).sku(), line.quantity()))
                                .collect(Collectors.joining(",")),
                        card,
                        total + tooMuch,
                        products.getFirst().currency());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(gateway.resolve(path));
    }

    /** @throws InterruptedException when the run is given up; the journal has the attempt nevertheless */
    private Answer send(
            String call, @Nullable String key, @Nullable Customer customer, int attempt, HttpRequest.Builder request)
            throws InterruptedException {
        if (customer != null) {
            request.header("Authorization", "Bearer " + customer.token());
        }
        var at = Instant.now();
        var began = System.nanoTime();
        var answer = new Answer(0, "", false, Duration.ZERO);
        // The request's own timeout would end at the headers; this one covers the body.
        var exchange = http.sendAsync(request.build(), BodyHandlers.ofString());
        try {
            var response = exchange.get(ANSWER_BOUND.toMillis(), TimeUnit.MILLISECONDS);
            var seconds = response.headers().firstValue("Retry-After").orElse("");
            answer = new Answer(
                    response.statusCode(),
                    response.body(),
                    false,
                    seconds.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO);
        } catch (TimeoutException e) {
            answer = new Answer(0, "", true, Duration.ZERO);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof IOException)) {
                throw new IllegalStateException(e.getCause());
            }
        } finally {
            exchange.cancel(true);
            // A guest's token is a secret, and a catalogue is long; the auditor needs neither.
            var isKept = answer.status() != 0 && !call.equals("browse") && !call.equals("guest");
            journal.accept(new Journal.Entry(
                    at,
                    key,
                    customer == null ? null : customer.id(),
                    call,
                    attempt,
                    answer.status(),
                    isKept ? answer.body() : null,
                    (System.nanoTime() - began) / 1e6));
        }
        return answer;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
