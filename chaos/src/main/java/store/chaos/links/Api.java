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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.chaos.links.Toxic.Direction;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.type.LogicalType;

/**
 * Toxiproxy's HTTP API, version 2.5, with {@code PATCH}, {@code /proxies/NAME/stats} and {@code /proxies/NAME/arrivals} in addition.
 *
 * @see <a href="https://github.com/Shopify/toxiproxy/tree/v2.5.0#http-api">its description</a>
 */
final class Api implements HttpHandler {

    private static final String VERSION = "2.5.0";
    private static final int MAX_BODY_BYTES = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    scalars -> scalars.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail))
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** The body of a request. A field that is missing or null has its default, or leaves the proxy or toxic as it is. */
    private record Wanted(
            @Nullable String name,
            @Nullable String listen,
            @Nullable String upstream,
            @Nullable Boolean enabled,
            @Nullable String type,
            @Nullable String stream,
            @Nullable Float toxicity,
            @Nullable ObjectNode attributes,
            @Nullable Long expiresInMillis) {}

    private record ShownProxy(String name, String listen, String upstream, boolean enabled, List<ShownToxic> toxics) {
        ShownProxy(Link link) {
            this(link.name(), link.listen(), link.upstream(), link.isEnabled(), ShownToxic.all(link.toxics()));
        }
    }

    private record ShownToxic(Effect attributes, String name, String type, String stream, float toxicity) {
        ShownToxic(Toxic toxic) {
            this(toxic.attributes(), toxic.name(), toxic.type(), toxic.stream().label(), toxic.toxicity());
        }

        static List<ShownToxic> all(List<Toxic> toxics) {
            return toxics.stream().map(ShownToxic::new).toList();
        }
    }

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
                // The body is read before the lock is taken, so that a client that stalls keeps no other waiting.
                answer = answer(exchange, exchange.getRequestBody().readNBytes(MAX_BODY_BYTES));
            } catch (Refused refused) {
                answer = error(refused.status, refused.getMessage());
            } catch (JacksonException malformed) {
                answer = error(400, "bad request body: " + malformed.getOriginalMessage());
            } catch (IOException failed) {
                answer = error(500, failed.getMessage());
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

    private static Answer error(int status, @Nullable String message) {
        return new Answer(status, Map.of("error", String.valueOf(message), "status", status));
    }

    /** Makes one change at a time; waits for connections to be cut, never for a peer. */
    private synchronized Answer answer(HttpExchange exchange, byte[] body)
            throws IOException, InterruptedException, Refused {
        // An open page in a browser must not be able to break the store.
        if (String.valueOf(exchange.getRequestHeaders().getFirst("User-Agent")).startsWith("Mozilla/")) {
            throw new Refused(403, "User agent not allowed");
        }
        var rawPath = exchange.getRequestURI().getRawPath().substring(1).split("/");
        var path = Stream.of(rawPath)
                .map(part -> URLDecoder.decode(part.replace("+", "%2B"), UTF_8))
                .toList();
        var method = exchange.getRequestMethod().replace("PATCH", "POST");
        return switch (route(method, rawPath)) {
            case "proxies" -> proxies(method, body);
            case "proxies/NAME" -> proxy(method, link(path.get(1)), body);
            case "proxies/NAME/toxics" -> toxics(method, link(path.get(1)), body);
            case "proxies/NAME/toxics/NAME" -> toxic(method, link(path.get(1)), path.get(3), body);
            case "proxies/NAME/stats" -> only("GET", method, stats(link(path.get(1))));
            case "proxies/NAME/arrivals" -> only("GET", method, arrivals(link(path.get(1))));
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

    private static String route(String method, String[] path) {
        if (!path[0].equals("proxies")) {
            return method + " " + String.join("/", path);
        }
        return IntStream.range(0, path.length)
                .mapToObj(index -> index % 2 == 0 ? path[index] : "NAME")
                .collect(Collectors.joining("/"));
    }

    private static Answer only(String allowed, String method, Object body) throws Refused {
        if (!method.equals(allowed)) {
            throw new Refused(405, "method not allowed");
        }
        return new Answer(200, body);
    }

    private Link link(String name) throws Refused {
        return require(links.get(name), 404, "proxy not found");
    }

    private Answer proxies(String method, byte[] body) throws IOException, Refused {
        if (!method.equals("POST")) {
            var all = new LinkedHashMap<String, Object>();
            links.forEach((name, link) -> all.put(name, new ShownProxy(link)));
            return only("GET", method, all);
        }
        var wanted = read(body, Wanted.class);
        requireNames(wanted, "");
        if (links.containsKey(or(wanted.name, ""))) {
            throw new Refused(409, "proxy already exists");
        }
        return new Answer(201, new ShownProxy(add(wanted)));
    }

    private static void requireNames(@Nullable Wanted wanted, String where) throws Refused {
        if (wanted == null || or(wanted.name, "").isEmpty()) {
            throw new Refused(400, "missing required field: name" + where);
        }
        if (or(wanted.upstream, "").isEmpty()) {
            throw new Refused(400, "missing required field: upstream" + where);
        }
    }

    private Link add(Wanted wanted) throws IOException {
        return add(or(wanted.name, ""), or(wanted.listen, ""), or(wanted.upstream, ""), or(wanted.enabled, true));
    }

    private Answer proxy(String method, Link link, byte[] body) throws IOException, InterruptedException, Refused {
        switch (method) {
            case "POST" -> {
                var wanted = read(body, Wanted.class);
                link.update(
                        or(wanted.listen, link.listen()),
                        or(wanted.upstream, link.upstream()),
                        or(wanted.enabled, link.isEnabled()));
            }
            case "DELETE" -> {
                link.disable();
                links.remove(link.name());
                return new Answer(204, null);
            }
            default -> {}
        }
        return only("GET", method.replace("POST", "GET"), new ShownProxy(link));
    }

    /** A proxy that exists with the same addresses stays as it is, toxics and all. */
    private Answer populate(byte[] body) throws IOException, InterruptedException, Refused {
        var wanted = read(body, Wanted[].class);
        for (var index = 0; index < wanted.length; index++) {
            requireNames(wanted[index], " at proxy " + (index + 1));
        }
        var shown = new ArrayList<ShownProxy>();
        for (var proxy : wanted) {
            var link = links.get(or(proxy.name, ""));
            if (link == null
                    || !link.listen().equals(or(proxy.listen, ""))
                    || !link.upstream().equals(or(proxy.upstream, ""))) {
                if (link != null) {
                    link.disable();
                }
                link = add(proxy);
            }
            shown.add(new ShownProxy(link));
        }
        return new Answer(201, Map.of("proxies", shown));
    }

    private static Answer toxics(String method, Link link, byte[] body) throws Refused {
        var toxics = new ArrayList<>(link.toxics());
        if (!method.equals("POST")) {
            return only("GET", method, ShownToxic.all(toxics));
        }
        var wanted = read(body, Wanted.class);
        var stream = or(wanted.stream, "downstream").toLowerCase(Locale.ROOT);
        if (!stream.equals("upstream") && !stream.equals("downstream")) {
            throw new Refused(400, "stream was invalid, can be either upstream or downstream");
        }
        var type = or(wanted.type, "");
        var effect = require(Effect.TYPES.get(type), 400, "invalid toxic type");
        if ((effect == Effect.LoseAnswers.class || effect == Effect.Errors.class) && stream.equals("upstream")) {
            throw new Refused(400, "stream was invalid, answers come downstream");
        }
        var name = or(wanted.name, "").isEmpty() ? type + "_" + stream : or(wanted.name, "");
        if (toxics.stream().anyMatch(toxic -> toxic.name().equals(name))) {
            throw new Refused(409, "toxic already exists");
        }
        var toxic = new Toxic(
                name,
                type,
                Direction.valueOf(stream.toUpperCase(Locale.ROOT)),
                or(wanted.toxicity, 1f),
                JSON.treeToValue(or(wanted.attributes, JSON.createObjectNode()), effect),
                new Toxic.Tally());
        toxics.add(toxic);
        link.toxicsAre(toxics);
        var expires = or(wanted.expiresInMillis, 0L);
        if (expires > 0) {
            Thread.ofVirtual().start(() -> expire(link, toxic, expires));
        }
        return new Answer(200, new ShownToxic(toxic));
    }

    private static Answer toxic(String method, Link link, String name, byte[] body) throws Refused {
        var toxics = new ArrayList<>(link.toxics());
        var toxic = toxics.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Refused(404, "toxic not found"));
        switch (method) {
            case "POST" -> {
                var wanted = read(body, Wanted.class);
                var attributes = JSON.<ObjectNode>valueToTree(toxic.attributes())
                        .setAll(or(wanted.attributes, JSON.createObjectNode()));
                var updated = new Toxic(
                        name,
                        toxic.type(),
                        toxic.stream(),
                        or(wanted.toxicity, toxic.toxicity()),
                        JSON.treeToValue(attributes, toxic.attributes().getClass()),
                        toxic.tally());
                toxics.set(toxics.indexOf(toxic), updated);
                link.toxicsAre(toxics);
                return new Answer(200, new ShownToxic(updated));
            }
            case "DELETE" -> {
                toxics.remove(toxic);
                link.toxicsAre(toxics);
                return new Answer(204, null);
            }
            default -> {
                return only("GET", method, new ShownToxic(toxic));
            }
        }
    }

    /** Ends a toxic in time, even if the client that asked for it has gone. */
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
        var toxics = Stream.concat(
                link.goneToxics().stream().map(toxic -> tally(toxic, false)),
                link.toxics().stream().map(toxic -> tally(toxic, true)));
        return Map.ofEntries(
                Map.entry("name", link.name()),
                Map.entry("enabled", link.isEnabled()),
                Map.entry("connections", counted.connections().sum()),
                Map.entry("open", link.open()),
                Map.entry("cut", counted.cut().sum()),
                Map.entry("unreachable", counted.unreachable().sum()),
                Map.entry("bytesUpstream", counted.bytesUpstream().sum()),
                Map.entry("bytesDownstream", counted.bytesDownstream().sum()),
                Map.entry("toxics", toxics.toList()));
    }

    private static Map<String, Object> tally(Toxic toxic, boolean present) {
        return Map.ofEntries(
                Map.entry("name", toxic.name()),
                Map.entry("type", toxic.type()),
                Map.entry("stream", toxic.stream().label()),
                Map.entry("present", present),
                Map.entry("connections", toxic.tally().connections().sum()),
                Map.entry("bytes", toxic.tally().bytes().sum()));
    }

    private static <T> T read(byte[] body, Class<T> type) throws Refused {
        return require(JSON.readValue(body, type), 400, "bad request body: not an object");
    }

    private static <T> T require(@Nullable T value, int status, String otherwise) throws Refused {
        if (value == null) {
            throw new Refused(status, otherwise);
        }
        return value;
    }

    private static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }
}
