package store.chaos.links;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.chaos.links.Toxic.Direction;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Toxiproxy's HTTP API, version 2.5, and beyond it {@code PATCH}, {@code /proxies/NAME/stats} and {@code /proxies/NAME/arrivals}.
 *
 * @see <a href="https://github.com/Shopify/toxiproxy/tree/v2.5.0#http-api">its description</a>
 */
final class Api implements HttpHandler {

    private static final String VERSION = "2.5.0";
    private static final int MAX_BODY_BYTES = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private final Map<String, Link> links = new ConcurrentSkipListMap<>();

    private record Answer(int status, @Nullable Object body) {}

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        final int status;

        Refused(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    /** @throws IOException if it cannot listen there */
    Link add(String name, String listen, String upstream, boolean enabled) throws IOException {
        var link = new Link(name, listen, upstream);
        if (enabled) {
            link.enable();
        }
        links.put(name, link);
        return link;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer;
            try {
                // Read before the lock is taken: a client that stalls must not keep the others waiting.
                answer = answer(exchange, exchange.getRequestBody().readNBytes(MAX_BODY_BYTES));
            } catch (Refused refused) {
                answer = error(refused.status, refused);
            } catch (JacksonException malformed) {
                answer = error(400, new IOException("bad request body: " + malformed.getOriginalMessage()));
            } catch (IOException failed) {
                answer = error(500, failed);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
            var text = answer.body instanceof String;
            var bytes = switch (answer.body) {
                case null -> new byte[0];
                case String plain -> plain.getBytes(UTF_8);
                case Object document -> JSON.writeValueAsBytes(document);
            };
            exchange.getResponseHeaders().set("Content-Type", text ? "text/plain;charset=utf-8" : "application/json");
            exchange.sendResponseHeaders(answer.status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    private static Answer error(int status, Exception failure) {
        return new Answer(status, Map.of("error", String.valueOf(failure.getMessage()), "status", status));
    }

    /** One change at a time; waits for connections to be cut, never for a peer. */
    private synchronized Answer answer(HttpExchange exchange, byte[] body)
            throws IOException, InterruptedException, Refused {
        // A page that somebody has open in a browser must not be able to break the store.
        if (String.valueOf(exchange.getRequestHeaders().getFirst("User-Agent")).startsWith("Mozilla/")) {
            throw new Refused(403, "User agent not allowed");
        }
        var path = Stream.of(exchange.getRequestURI().getRawPath().substring(1).split("/"))
                .map(part -> URLDecoder.decode(part.replace("+", "%2B"), UTF_8))
                .toList();
        var method = exchange.getRequestMethod().replace("PATCH", "POST");
        if (path.getFirst().equals("proxies")) {
            return switch (path.size()) {
                case 1 -> proxies(method, body);
                case 2 -> proxy(method, link(path.get(1)), body);
                case 3 ->
                    switch (path.get(2)) {
                        case "toxics" -> toxics(method, link(path.get(1)), body);
                        case "stats" -> only("GET", method, stats(link(path.get(1))));
                        case "arrivals" -> only("GET", method, arrivals(link(path.get(1))));
                        default -> throw new Refused(404, "not found");
                    };
                case 4 -> {
                    if (!path.get(2).equals("toxics")) {
                        throw new Refused(404, "not found");
                    }
                    yield toxic(method, link(path.get(1)), path.get(3), body);
                }
                default -> throw new Refused(404, "not found");
            };
        }
        return switch (method + " " + String.join("/", path)) {
            case "GET version" -> new Answer(200, VERSION);
            case "POST populate" -> populate(body);
            case "POST reset" -> {
                for (var link : links.values()) {
                    link.enable();
                    link.toxicsAre(List.of());
                }
                yield new Answer(204, null);
            }
            default -> throw new Refused(404, "not found");
        };
    }

    private static Answer only(String allowed, String method, Object body) throws Refused {
        if (!method.equals(allowed)) {
            throw new Refused(405, "method not allowed");
        }
        return new Answer(200, body);
    }

    private Link link(String name) throws Refused {
        var link = links.get(name);
        if (link == null) {
            throw new Refused(404, "proxy not found");
        }
        return link;
    }

    private Answer proxies(String method, byte[] body) throws IOException, Refused {
        if (!method.equals("POST")) {
            var all = new LinkedHashMap<String, Object>();
            links.forEach((name, link) -> all.put(name, shown(link)));
            return only("GET", method, all);
        }
        var wanted = object(body);
        requireText(wanted, "name", "");
        requireText(wanted, "upstream", "");
        if (links.containsKey(text(wanted, "name", ""))) {
            throw new Refused(409, "proxy already exists");
        }
        return new Answer(201, shown(add(wanted)));
    }

    private Link add(JsonNode wanted) throws IOException, Refused {
        return add(
                text(wanted, "name", ""),
                text(wanted, "listen", ""),
                text(wanted, "upstream", ""),
                flag(wanted, "enabled", true));
    }

    private Answer proxy(String method, Link link, byte[] body) throws IOException, InterruptedException, Refused {
        switch (method) {
            case "POST" -> {
                var wanted = object(body);
                link.update(
                        text(wanted, "listen", link.listen()),
                        text(wanted, "upstream", link.upstream()),
                        flag(wanted, "enabled", link.isEnabled()));
            }
            case "DELETE" -> {
                link.disable();
                links.remove(link.name());
                return new Answer(204, null);
            }
            default -> {}
        }
        return only("GET", method.replace("POST", "GET"), shown(link));
    }

    /** One that is there with the same addresses stays as it is, toxics and all. */
    private Answer populate(byte[] body) throws IOException, InterruptedException, Refused {
        var wanted = JSON.readTree(body);
        if (!wanted.isArray()) {
            throw new Refused(400, "bad request body: not an array");
        }
        for (var index = 0; index < wanted.size(); index++) {
            requireText(wanted.get(index), "name", " at proxy " + (index + 1));
            requireText(wanted.get(index), "upstream", " at proxy " + (index + 1));
        }
        var shown = new ArrayList<Object>();
        for (var proxy : wanted) {
            var link = links.get(text(proxy, "name", ""));
            if (link == null
                    || !link.listen().equals(text(proxy, "listen", ""))
                    || !link.upstream().equals(text(proxy, "upstream", ""))) {
                if (link != null) {
                    link.disable();
                }
                link = add(proxy);
            }
            shown.add(shown(link));
        }
        return new Answer(201, Map.of("proxies", shown));
    }

    private static Answer toxics(String method, Link link, byte[] body) throws Refused {
        var toxics = new ArrayList<>(link.toxics());
        if (!method.equals("POST")) {
            return only("GET", method, toxics.stream().map(Api::shown).toList());
        }
        var wanted = object(body);
        var stream = text(wanted, "stream", "downstream").toLowerCase(Locale.ROOT);
        var type = text(wanted, "type", "");
        var effect = Effect.TYPES.get(type);
        if (!stream.equals("upstream") && !stream.equals("downstream")) {
            throw new Refused(400, "stream was invalid, can be either upstream or downstream");
        }
        if (effect == null) {
            throw new Refused(400, "invalid toxic type");
        }
        if ((effect == Effect.LoseAnswers.class || effect == Effect.Errors.class) && stream.equals("upstream")) {
            throw new Refused(400, "stream was invalid, answers come downstream");
        }
        var name = text(wanted, "name", "").isEmpty() ? type + "_" + stream : text(wanted, "name", "");
        if (toxics.stream().anyMatch(toxic -> toxic.name().equals(name))) {
            throw new Refused(409, "toxic already exists");
        }
        var toxic = new Toxic(
                name,
                type,
                Direction.valueOf(stream.toUpperCase(Locale.ROOT)),
                toxicity(wanted, 1),
                JSON.treeToValue(attributes(wanted), effect),
                new Toxic.Tally());
        toxics.add(toxic);
        link.toxicsAre(toxics);
        var expires = wanted.path("expires_in_millis").asLong(0);
        if (expires > 0) {
            Thread.ofVirtual().start(() -> expire(link, toxic, expires));
        }
        return new Answer(200, shown(toxic));
    }

    private static Answer toxic(String method, Link link, String name, byte[] body) throws Refused {
        var toxics = new ArrayList<>(link.toxics());
        var toxic = toxics.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Refused(404, "toxic not found"));
        switch (method) {
            case "POST" -> {
                var wanted = object(body);
                var attributes =
                        JSON.<ObjectNode>valueToTree(toxic.attributes()).setAll(attributes(wanted));
                var updated = new Toxic(
                        name,
                        toxic.type(),
                        toxic.stream(),
                        toxicity(wanted, toxic.toxicity()),
                        JSON.treeToValue(attributes, toxic.attributes().getClass()),
                        toxic.tally());
                toxics.set(toxics.indexOf(toxic), updated);
                link.toxicsAre(toxics);
                return new Answer(200, shown(updated));
            }
            case "DELETE" -> {
                toxics.remove(toxic);
                link.toxicsAre(toxics);
                return new Answer(204, null);
            }
            default -> {
                return only("GET", method, shown(toxic));
            }
        }
    }

    /** Ends a toxic in time, whatever has become of who asked for it. */
    private static void expire(Link link, Toxic toxic, long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        link.remove(toxic.tally());
    }

    private static Object arrivals(Link link) {
        return link.counted().arrivals().until(System.currentTimeMillis() / 1000);
    }

    private static Map<String, Object> stats(Link link) {
        var counted = link.counted();
        var stats = new LinkedHashMap<String, Object>();
        stats.put("name", link.name());
        stats.put("enabled", link.isEnabled());
        stats.put("connections", counted.connections().sum());
        stats.put("open", link.open());
        stats.put("cut", counted.cut().sum());
        stats.put("unreachable", counted.unreachable().sum());
        stats.put("bytesUpstream", counted.bytesUpstream().sum());
        stats.put("bytesDownstream", counted.bytesDownstream().sum());
        stats.put(
                "toxics",
                Stream.concat(
                                link.goneToxics().stream().map(toxic -> tally(toxic, false)),
                                link.toxics().stream().map(toxic -> tally(toxic, true)))
                        .toList());
        return stats;
    }

    private static Map<String, Object> tally(Toxic toxic, boolean present) {
        var tally = new LinkedHashMap<String, Object>();
        tally.put("name", toxic.name());
        tally.put("type", toxic.type());
        tally.put("stream", toxic.stream().name().toLowerCase(Locale.ROOT));
        tally.put("present", present);
        tally.put("connections", toxic.tally().connections().sum());
        tally.put("bytes", toxic.tally().bytes().sum());
        return tally;
    }

    private static Map<String, Object> shown(Link link) {
        var shown = new LinkedHashMap<String, Object>();
        shown.put("name", link.name());
        shown.put("listen", link.listen());
        shown.put("upstream", link.upstream());
        shown.put("enabled", link.isEnabled());
        shown.put("toxics", link.toxics().stream().map(Api::shown).toList());
        return shown;
    }

    private static Map<String, Object> shown(Toxic toxic) {
        var shown = new LinkedHashMap<String, Object>();
        shown.put("attributes", toxic.attributes());
        shown.put("name", toxic.name());
        shown.put("type", toxic.type());
        shown.put("stream", toxic.stream().name().toLowerCase(Locale.ROOT));
        shown.put("toxicity", toxic.toxicity());
        return shown;
    }

    private static JsonNode object(byte[] body) throws Refused {
        var document = JSON.readTree(body);
        if (!document.isObject()) {
            throw new Refused(400, "bad request body: not an object");
        }
        return document;
    }

    private static ObjectNode attributes(JsonNode wanted) throws Refused {
        return switch (wanted.path("attributes")) {
            case ObjectNode attributes -> attributes;
            case JsonNode none when none.isMissingNode() || none.isNull() -> JSON.createObjectNode();
            default -> throw new Refused(400, "bad request body: attributes is not an object");
        };
    }

    private static void requireText(JsonNode wanted, String field, String where) throws Refused {
        if (text(wanted, field, "").isEmpty()) {
            throw new Refused(400, "missing required field: " + field + where);
        }
    }

    private static String text(JsonNode wanted, String field, String otherwise) throws Refused {
        var value = wanted.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isString()) {
            throw new Refused(400, "bad request body: " + field + " is not a string");
        }
        return value.stringValue();
    }

    private static boolean flag(JsonNode wanted, String field, boolean otherwise) throws Refused {
        var value = wanted.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw new Refused(400, "bad request body: " + field + " is not a boolean");
        }
        return value.booleanValue();
    }

    private static float toxicity(JsonNode wanted, float otherwise) throws Refused {
        var value = wanted.path("toxicity");
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isNumber()) {
            throw new Refused(400, "bad request body: toxicity is not a number");
        }
        return value.floatValue();
    }
}
