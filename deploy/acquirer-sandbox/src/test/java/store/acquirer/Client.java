package store.acquirer;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/** A merchant that calls the sandbox. */
final class Client implements AutoCloseable {

    private static final Pattern KEY = Pattern.compile("\"key\":\"([^\"]*)\"");
    private static final Pattern NEXT = Pattern.compile("\"next\":\"([^\"]*)\"");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String address;

    Client(int port) {
        this.address = "http://127.0.0.1:" + port;
    }

    HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        return http.send(request(method, path, body), BodyHandlers.ofString());
    }

    CompletableFuture<HttpResponse<String>> begin(String method, String path, String body) {
        return http.sendAsync(request(method, path, body), BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path, "");
    }

    /** The keys of all movements, page by page. */
    List<String> keysOfTheStatement() throws IOException, InterruptedException {
        List<String> keys = new ArrayList<>();
        String after = "";
        while (true) {
            String page = get("/statement?limit=1000" + after).body();
            KEY.matcher(page).results().forEach(key -> keys.add(key.group(1)));
            var next = NEXT.matcher(page);
            if (!next.find()) {
                return keys;
            }
            after = "&after=" + next.group(1);
        }
    }

    static String capture(UUID order, String token) {
        return """
            {"orderId":"%s","amount":{"amount":1999,"currency":"EUR"},"token":"%s"}\
            """.formatted(order, token);
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(URI.create(address + path))
                .timeout(Duration.ofSeconds(10))
                .method(method, BodyPublishers.ofString(body))
                .build();
    }

    /** Closes all connections, including those that wait for an answer. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
