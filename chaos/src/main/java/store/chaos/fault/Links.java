package store.chaos.fault;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The links of a store that was started with {@code --links}. Their proxy ends each fault in time, even if this process dies. */
public final class Links {

    private static final Duration BOUND = Duration.ofSeconds(5);

    /** Small enough that a short answer comes in several pieces. */
    private static final int DRIP_BYTES = 8;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI control;

    /** @param control the proxy's API */
    public Links(URI control) {
        this.control = control;
    }

    /**
     * The name of a fault at the proxy; it says when the fault ends.
     *
     * @param part tells the toxics of one fault apart
     */
    private record Name(Kind kind, String part, Instant until) {
        static @Nullable Name parse(String toxic) {
            var parts = toxic.split("\\|");
            return parts.length == 4 && parts[0].equals("fault")
                    ? new Name(Kind.valueOf(parts[1]), parts[2], Instant.ofEpochMilli(Long.parseLong(parts[3])))
                    : null;
        }

        @Override
        public String toString() {
            return "fault|" + kind.name() + "|" + part + "|" + until.toEpochMilli();
        }
    }

    private record Toxic(String type, String stream, Map<String, Object> attributes) {}

    /** The names of all links. */
    public List<String> names() throws IOException, InterruptedException {
        return List.copyOf(proxies().propertyNames());
    }

    /** The links that a target stands for: the link between two parts, or all links that lead to one part. */
    List<String> leadingTo(String target) throws IOException, InterruptedException {
        return proxies().propertyNames().stream()
                .filter(link ->
                        Targets.means(target, link) || Targets.means(target, link.substring(link.indexOf(':') + 1)))
                .toList();
    }

    /** Breaks a link; replaces a fault of the same kind. */
    public void inject(Kind kind, String link, Amount amount, Duration length)
            throws IOException, InterruptedException {
        revert(link, kind);
        var until = Instant.now().plus(length);
        for (var toxic : toxics(kind, amount)) {
            var body = Map.of(
                    "name", new Name(kind, toxic.stream(), until).toString(),
                    "type", toxic.type(),
                    "stream", toxic.stream(),
                    "attributes", toxic.attributes(),
                    "expires_in_millis", length.toMillis());
            send(
                    "POST",
                    "/proxies/" + encoded(link) + "/toxics",
                    JsonMapper.shared().writeValueAsString(body));
        }
    }

    private static List<Toxic> toxics(Kind kind, Amount amount) {
        return switch (kind) {
            case SLOW -> List.of(new Toxic("latency", "downstream", Map.of("latency", amount.millis(), "jitter", 0)));
            case CUT ->
                List.of(
                        new Toxic("timeout", "upstream", Map.of("timeout", 0)),
                        new Toxic("timeout", "downstream", Map.of("timeout", 0)));
            case LOSE_ANSWERS -> List.of(new Toxic("lose_answers", "downstream", Map.of()));
            case ERRORS -> List.of(new Toxic("errors", "downstream", Map.of()));
            case RESET -> List.of(new Toxic("reset_peer", "downstream", Map.of("timeout", 0)));
            case DRIP ->
                List.of(new Toxic(
                        "slicer",
                        "downstream",
                        Map.of("average_size", DRIP_BYTES, "size_variation", 0, "delay", amount.millis() * 1000)));
            case THROTTLE -> List.of(new Toxic("bandwidth", "downstream", Map.of("rate", amount.number())));
            case KILL, PAUSE, CPU -> throw new IllegalArgumentException(kind + " is not done to a link");
        };
    }

    /** The faults in force, and the earlier ones that the proxy remembers. */
    public List<PlantedFault> planted() throws IOException, InterruptedException {
        List<PlantedFault> planted = new ArrayList<>();
        for (var link : proxies().propertyNames()) {
            var stats = send("GET", "/proxies/" + encoded(link) + "/stats", null);
            for (var toxic : stats.path("toxics")) {
                var name = Name.parse(toxic.path("name").asString());
                // A fault in both directions is counted once: requests meet the upstream one first.
                if (name != null && (name.kind() != Kind.CUT || name.part().equals("upstream"))) {
                    planted.add(new PlantedFault(
                            name.kind().label(),
                            link,
                            name.until(),
                            toxic.path("present").asBoolean(),
                            toxic.path("connections").asLong()));
                }
            }
        }
        return planted;
    }

    /**
     * Mends a link.
     *
     * @param kind to end only this kind of fault; null for all kinds
     */
    public void revert(String link, @Nullable Kind kind) throws IOException, InterruptedException {
        for (var toxic : proxies().path(link).path("toxics")) {
            var name = Name.parse(toxic.path("name").asString());
            if (name != null && (kind == null || kind == name.kind())) {
                send("DELETE", "/proxies/" + encoded(link) + "/toxics/" + encoded(name.toString()), null);
            }
        }
    }

    private JsonNode proxies() throws IOException, InterruptedException {
        return send("GET", "/proxies", null);
    }

    private JsonNode send(String method, String path, @Nullable String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(control.resolve(path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .timeout(BOUND)
                .build();
        var answer = http.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() == 404 && method.equals("DELETE")) {
            return JsonMapper.shared().missingNode(); // the fault has ended by itself
        }
        if (answer.statusCode() >= 300) {
            throw new IOException("the links' proxy answered " + answer.statusCode() + " to " + method + " " + path
                    + ": " + new String(answer.body(), UTF_8));
        }
        return answer.body().length == 0
                ? JsonMapper.shared().missingNode()
                : JsonMapper.shared().readTree(answer.body());
    }

    private static String encoded(String name) {
        return URLEncoder.encode(name, UTF_8);
    }
}
