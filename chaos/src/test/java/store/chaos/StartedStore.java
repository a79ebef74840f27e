package store.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real store, of either build, started by the script that users start it with, and what a test may ask of it from outside and inside. */
public final class StartedStore {

    static final JsonMapper JSON = new JsonMapper();

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String name;
    private final URI gateway;

    private StartedStore(String name, URI gateway) {
        this.name = name;
        this.gateway = gateway;
    }

    /**
     * Starts a store with nothing but its seed in it.
     *
     * @param build {@code services} or {@code monolith}
     * @param stock pieces of each product
     * @param options of {@code deploy/local/up}
     */
    public static StartedStore up(String build, int stock, String... options) throws IOException, InterruptedException {
        var name = build + "-" + ProcessHandle.current().pid();
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var arguments = new ArrayList<>(List.of("--as", build, "--name", name, "--no-build", "--fresh"));
        arguments.addAll(List.of("--port", Integer.toString(port), "--stock", Integer.toString(stock)));
        arguments.addAll(List.of(options));
        assertThat(run("deploy/local/up", arguments)).as("deploy/local/up").isZero();
        return new StartedStore(name, URI.create("http://127.0.0.1:" + port));
    }

    /** Stops it and forgets its data. */
    public void down() throws IOException, InterruptedException {
        http.close();
        assertThat(run("deploy/local/down", List.of("--name", name)))
                .as("deploy/local/down")
                .isZero();
        FileSystemUtils.deleteRecursively(ROOT.resolve("deploy/local/.state").resolve(name));
    }

    /** The part as {@code status} describes it. */
    public JsonNode part(String part) throws IOException, InterruptedException {
        return parts().stream()
                .filter(candidate -> candidate.path("name").asString().equals(part))
                .findFirst()
                .orElseThrow();
    }

    private List<JsonNode> parts() throws IOException {
        var status = new ProcessBuilder("deploy/local/status", "--json", "--name", name)
                .directory(ROOT.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return JSON.readTree(status.getInputStream().readAllBytes())
                .path("parts")
                .valueStream()
                .toList();
    }

    /** The store's public address. */
    public URI gateway() {
        return gateway;
    }

    /** A connection to the database that has the schema {@code orders}, {@code inventory} or {@code payments}. */
    public Connection connect(String schema) throws IOException, InterruptedException, SQLException {
        var part = parts().stream()
                .filter(candidate -> candidate.path("kind").asString().equals("database"))
                .filter(candidate ->
                        List.of(schema, "store").contains(candidate.path("user").asString()))
                .findFirst()
                .orElseThrow();
        return DriverManager.getConnection(
                part.path("jdbcUrl").asString(),
                part.path("user").asString(),
                part.path("password").asString());
    }

    /** The rows of a query on a schema's database, as text. */
    public List<List<String>> query(String schema, String sql) throws IOException, InterruptedException, SQLException {
        try (var connection = connect(schema);
                var rows = connection.createStatement().executeQuery(sql)) {
            var found = new ArrayList<List<String>>();
            while (rows.next()) {
                var row = new ArrayList<String>();
                for (var column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    row.add(rows.getString(column));
                }
                found.add(row);
            }
            return found;
        }
    }

    /** Leaves 20 pieces of a product, so that one can order more than there is. */
    public void makeScarce(String sku) throws IOException, InterruptedException, SQLException {
        query(
                "inventory",
                "update inventory.stock set initial = 20, available = 20 where sku = '" + sku + "' returning sku");
    }

    public String guest() throws IOException, InterruptedException {
        return json(send("POST", "/api/guests", Map.of(), "")).path("token").asString();
    }

    /** Orders one piece of a product at its price. */
    public HttpResponse<String> place(String token, String key, JsonNode product)
            throws IOException, InterruptedException {
        return send(
                "POST",
                "/api/orders",
                Map.of("Authorization", "Bearer " + token, "Idempotency-Key", key, "Content-Type", "application/json"),
                order(product));
    }

    /** The body of a request for one piece. */
    public static String order(JsonNode product) {
        return "{\"lines\":[{\"sku\":%s,\"quantity\":1}],\"payment\":{\"token\":\"tok_visa\"},\"expectedTotal\":%s}"
                .formatted(product.path("sku"), product.path("price"));
    }

    public List<JsonNode> products() throws IOException, InterruptedException {
        return json(send("GET", "/api/products", Map.of(), ""))
                .path("products")
                .valueStream()
                .toList();
    }

    /** Movements on the card network's record: kinds by order. */
    public Map<String, List<String>> statement() throws IOException, InterruptedException {
        var acquirer = part("acquirer-sandbox").path("url").asString();
        var kinds = new TreeMap<String, List<String>>();
        var after = "";
        do {
            var page = json(http.send(
                    HttpRequest.newBuilder(URI.create(acquirer + "/statement?limit=1000" + after))
                            .timeout(ANSWER_BOUND)
                            .build(),
                    BodyHandlers.ofString()));
            for (var movement : page.path("movements")) {
                kinds.computeIfAbsent(movement.path("orderId").asString(), _ -> new ArrayList<>())
                        .add(movement.path("kind").asString());
            }
            after = page.path("next").isNull()
                    ? ""
                    : "&after=" + page.path("next").asString();
        } while (!after.isEmpty());
        return kinds;
    }

    public HttpResponse<String> send(String method, String path, Map<String, String> headers, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(gateway.resolve(path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .timeout(ANSWER_BOUND);
        headers.forEach(request::header);
        return http.send(request.build(), BodyHandlers.ofString());
    }

    public static JsonNode json(HttpResponse<String> answer) {
        return JSON.readTree(answer.body());
    }

    /**
     * Runs a script on this store.
     *
     * @return its exit code
     */
    public int run(String script, String... arguments) throws IOException, InterruptedException {
        return ended(script, start(script, arguments));
    }

    /** Starts a script on this store. */
    public Process start(String script, String... arguments) throws IOException {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--name", name));
        return start(script, all);
    }

    private static int run(String script, List<String> arguments) throws IOException, InterruptedException {
        return ended(script, start(script, arguments));
    }

    private static int ended(String script, Process process) throws InterruptedException {
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).as(script).isTrue();
        return process.exitValue();
    }

    private static Process start(String script, List<String> arguments) throws IOException {
        var command = new ArrayList<>(List.of(script));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
