package store.monolith;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The monolith is one process with one pool, and one module's failure reaches the others as an outcome.
 * {@link MonolithIT} tests the rest.
 */
@Timeout(60)
class CompositionIT {

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration BOUND = Duration.ofSeconds(20);

    private static int port;
    private static String token;

    private final String key = UUID.randomUUID().toString();

    @BeforeAll
    static void admitAGuest() throws Exception {
        port = localPort("server");
        token = guest();
    }

    @Test
    void promisesNothingThatIsNotRecorded() throws Exception {
        RunningMonolith.withoutConnections(() -> {
            var refused = place(key, order("sku-001", 690));
            assertProblem(refused, 503, "not-accepted");
            assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
            assertProblem(send(request("/api/products")), 503, "unavailable");
            assertProblem(send(authorised("/api/orders")), 503, "unavailable");
        });
        RunningMonolith.withoutAccessTo(
                "orders.orders", () -> assertProblem(place(key, order("sku-001", 690)), 504, "outcome-unknown"));
        assertThat(place(key, order("sku-001", 690)).statusCode()).isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"inventory.reservation", "payments.payment"})
    void acceptsAnOrderWhileAnotherModulesTableIsOutOfReach(String table) throws Exception {
        RunningMonolith.withoutAccessTo(table, () -> {
            var pending = place(key, order("sku-005", 990));
            assertThat(pending.statusCode()).isEqualTo(202);
        });
        var id = id(place(key, order("sku-005", 990)));
        awaitStatus(id, "CONFIRMED");
        assertThat(kindsMovedFor(id)).containsExactly("CAPTURE");
    }

    /** The public port also serves the operator's API, which no gateway route reaches, behind the operator's token. */
    @ParameterizedTest
    @ValueSource(strings = {"/operator/orders", "/operator/reconciliation"})
    void onlyTheOperatorSeesWhatNeedsAttention(String path) throws Exception {
        assertProblem(send(request(path)), 401, "unauthenticated");
        assertProblem(send(authorised(path)), 401, "unauthenticated");
        var operator = send(request(path).header("Authorization", "Bearer " + Surroundings.OPERATOR_TOKEN));
        assertThat(operator.statusCode()).isEqualTo(200);
    }

    @Test
    void isOneProcessWithOnePool() throws Exception {
        assertThat(RunningMonolith.CONTEXT.getBeansOfType(DataSource.class)).hasSize(1);
        assertThat(RunningMonolith.CONTEXT.getBean(HikariDataSource.class).getMaximumPoolSize())
                .as("as many as the three services have together")
                .isEqualTo(30);
        assertThat(ClassUtils.isPresent(
                        "org.springframework.cloud.gateway.server.mvc.GatewayServerMvcAutoConfiguration", null))
                .as("the gateway's routes are not on the class path")
                .isFalse();
        for (var probe : List.of("liveness", "readiness")) {
            var management = URI.create("http://127.0.0.1:" + localPort("management") + "/actuator/health/" + probe);
            assertThat(send(HttpRequest.newBuilder(management)).statusCode()).isEqualTo(200);
        }
    }

    private static int localPort(String name) {
        var environment = RunningMonolith.CONTEXT.getEnvironment();
        return environment.getRequiredProperty("local." + name + ".port", Integer.class);
    }

    private static String guest() throws Exception {
        return json(send(request("/api/guests").POST(BodyPublishers.noBody())))
                .get("token")
                .asString();
    }

    private static String order(String sku, long total) {
        return "{\"lines\":[{\"sku\":\"%s\",\"quantity\":1}],\"payment\":{\"token\":\"tok_visa\"},".formatted(sku)
                + "\"expectedTotal\":{\"amount\":%d,\"currency\":\"EUR\"}}".formatted(total);
    }

    private static HttpResponse<byte[]> place(String key, String body) throws Exception {
        return send(authorised("/api/orders")
                .header("Idempotency-Key", key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private static String id(HttpResponse<byte[]> order) {
        return json(order).get("id").asString();
    }

    private static void awaitStatus(String order, String status) {
        await().atMost(BOUND)
                .until(
                        () -> json(send(authorised("/api/orders/" + order)))
                                .get("status")
                                .asString(),
                        status::equals);
    }

    /** The kinds of the movements that the acquirer has on record for {@code order}. */
    private static List<String> kindsMovedFor(String order) throws Exception {
        var acquirer =
                "http://127.0.0.1:" + RunningMonolith.SURROUNDINGS.acquirer().port();
        var statement = json(send(HttpRequest.newBuilder(URI.create(acquirer + "/statement?limit=1000"))));
        return statement
                .get("movements")
                .valueStream()
                .filter(movement -> movement.get("orderId").asString().equals(order))
                .map(movement -> movement.get("kind").asString())
                .toList();
    }

    private static HttpRequest.Builder authorised(String target) {
        return request(target).header("Authorization", "Bearer " + token);
    }

    private static HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target));
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofByteArray());
    }

    private static JsonNode json(HttpResponse<byte[]> answer) {
        return JSON.readTree(answer.body());
    }

    private static void assertProblem(HttpResponse<byte[]> answer, int status, String name) {
        assertThat(answer.statusCode())
                .as(new String(answer.body(), ISO_8859_1))
                .isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.headers().firstValue("X-Request-Id")).isPresent();
        var problem = json(answer);
        assertThat(problem.get("type").asString()).isEqualTo("https://checkout-store.example/problems/" + name);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(Stream.of("title", "detail")).allMatch(problem::has);
    }
}
