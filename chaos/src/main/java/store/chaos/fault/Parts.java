package store.chaos.fault;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The processes of a local store. Their supervisor breaks and mends them, and ends each fault in time, even if this process dies. */
public final class Parts {

    private static final Duration BOUND = Duration.ofSeconds(5);

    /** How long a signal may take to show an effect. */
    private static final Duration EFFECT_BOUND = Duration.ofSeconds(3);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final JsonNode plan;
    private final URI control;

    /**
     * @param name of the instance; its plan has the supervisor's port
     * @throws IOException if the store is not running
     */
    public Parts(String name) throws IOException {
        var file = Path.of("deploy/local/.state", name, "plan.json");
        if (!Files.exists(file)) {
            throw new IOException("no store named " + name + " is up; start it with deploy/local/up");
        }
        this.plan = JsonMapper.shared().readTree(Files.readAllBytes(file));
        this.control = URI.create("http://127.0.0.1:" + plan.path("controlPort").asInt());
    }

    /** The address of a part; empty if the store has no part of that name. */
    public Optional<URI> url(String part) {
        return planned(part).map(found -> URI.create(found.path("url").asString()));
    }

    boolean isDatabase(String part) {
        return planned(part)
                .filter(found -> found.path("kind").asString().equals("DATABASE"))
                .isPresent();
    }

    private Optional<JsonNode> planned(String part) {
        return plan.path("parts")
                .valueStream()
                .filter(candidate -> candidate.path("name").asString().equals(part))
                .findFirst();
    }

    /**
     * Breaks a part, or all instances of a service, and waits until they are broken.
     *
     * @param length null if a killed part may start again at once
     * @return whether the effect was seen
     */
    public boolean inject(Kind kind, String target, Amount amount, @Nullable Duration length)
            throws IOException, InterruptedException {
        var parts = reports()
                .valueStream()
                .map(part -> part.path("name").asString())
                .filter(part -> Targets.means(target, part))
                .toList();
        if (parts.isEmpty()) {
            throw new IOException("there is no part named " + target);
        }
        var seen = true;
        for (var part : parts) {
            seen &= injectInto(kind, part, amount, length);
        }
        return seen;
    }

    private boolean injectInto(Kind kind, String part, Amount amount, @Nullable Duration length)
            throws IOException, InterruptedException {
        var before = report(part);
        if (before.path("pid").isNull()) {
            throw new IOException(part + " is down already");
        }
        var millis = length == null ? "" : "?" + length.toMillis();
        var request = switch (kind) {
            case KILL -> "kill" + millis;
            case PAUSE -> "pause" + millis;
            case CPU -> "throttle" + millis + "&" + amount.percent();
            default -> throw new IllegalArgumentException(kind + " is not done to a part");
        };
        send("POST", "/parts/" + part + "/" + request, 202);
        var deadline = System.nanoTime() + EFFECT_BOUND.toNanos();
        while (System.nanoTime() < deadline) {
            var now = report(part);
            var broken = switch (kind) {
                case PAUSE -> now.path("state").asString().equals("paused");
                case CPU -> now.path("fault").asString().equals("throttled");
                default -> !now.path("pid").equals(before.path("pid"));
            };
            if (broken) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }

    void revert(String part) throws IOException, InterruptedException {
        send("POST", "/parts/" + part + "/relieve", 202);
    }

    List<PlantedFault> active() throws IOException, InterruptedException {
        List<PlantedFault> active = new ArrayList<>();
        for (var part : reports()) {
            var fault = part.path("fault").asString();
            if (!fault.isEmpty()) {
                var kind = switch (fault) {
                    case "paused" -> Kind.PAUSE;
                    case "throttled" -> Kind.CPU;
                    default -> Kind.KILL;
                };
                active.add(new PlantedFault(
                        kind.label(),
                        part.path("name").asString(),
                        Instant.parse(part.path("faultUntil").asString()),
                        true,
                        1));
            }
        }
        return active;
    }

    /** {@code up}, {@code starting}, {@code down} or {@code paused}. */
    public String state(String part) throws IOException, InterruptedException {
        return report(part).path("state").asString();
    }

    /** How often the supervisor restarted the part. */
    public int restarts(String part) throws IOException, InterruptedException {
        return report(part).path("restarts").asInt();
    }

    private JsonNode report(String part) throws IOException, InterruptedException {
        return reports()
                .valueStream()
                .filter(candidate -> candidate.path("name").asString().equals(part))
                .findFirst()
                .orElseThrow();
    }

    private JsonNode reports() throws IOException, InterruptedException {
        return JsonMapper.shared().readTree(send("GET", "/parts", 200));
    }

    private byte[] send(String method, String path, int expected) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(control.resolve(path))
                .method(method, BodyPublishers.noBody())
                .header("Authorization", "Bearer " + plan.path("token").asString())
                .timeout(BOUND)
                .build();
        HttpResponse<byte[]> answer;
        try {
            answer = http.send(request, BodyHandlers.ofByteArray());
        } catch (ConnectException dead) {
            throw new IOException(
                    "the store's supervisor does not answer; deploy/local/down stops what it left running", dead);
        }
        if (answer.statusCode() != expected) {
            throw new IOException("the supervisor answered " + answer.statusCode() + " to " + method + " " + path + " "
                    + new String(answer.body(), UTF_8));
        }
        return answer.body();
    }
}
