package store.chaos.fault;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The processes of a local store. Their supervisor does what is asked, and undoes it in time whatever becomes of us. */
final class Parts {

    private static final Duration BOUND = Duration.ofSeconds(5);

    /** How long a signal may take to show. */
    private static final Duration EFFECT_BOUND = Duration.ofSeconds(3);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI control;
    private final String token;

    /**
     * @param name the instance, whose plan says where its supervisor listens
     * @throws IOException if it is not running
     */
    Parts(String name) throws IOException {
        var plan = Path.of("deploy/local/.state", name, "plan.json");
        if (!Files.exists(plan)) {
            throw new IOException("no store named " + name + " is up; start it with deploy/local/up");
        }
        var document = JsonMapper.shared().readTree(Files.readAllBytes(plan));
        this.control =
                URI.create("http://127.0.0.1:" + document.path("controlPort").asInt());
        this.token = document.path("token").asString();
    }

    /**
     * Kills or pauses a part, and sees that it is.
     *
     * @return whether the effect was seen
     */
    boolean inject(Kind kind, String part, Duration length) throws IOException, InterruptedException {
        var before = report(part);
        if (before.path("pid").isNull()) {
            throw new IOException(part + " is down already");
        }
        send("POST", "/parts/" + part + "/" + kind.label() + "?" + length.toMillis(), 202);
        var deadline = System.nanoTime() + EFFECT_BOUND.toNanos();
        while (System.nanoTime() < deadline) {
            var now = report(part);
            if (kind == Kind.PAUSE
                    ? now.path("state").asString().equals("paused")
                    : !now.path("pid").equals(before.path("pid"))) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }

    void revert(String part) throws IOException, InterruptedException {
        send("POST", "/parts/" + part + "/relieve", 202);
    }

    List<ActiveFault> active() throws IOException, InterruptedException {
        List<ActiveFault> active = new ArrayList<>();
        for (var part : reports()) {
            var fault = part.path("fault").asString();
            if (!fault.isEmpty()) {
                active.add(new ActiveFault(
                        (fault.equals("paused") ? Kind.PAUSE : Kind.KILL).label(),
                        part.path("name").asString(),
                        Instant.parse(part.path("faultUntil").asString()),
                        1));
            }
        }
        return active;
    }

    private JsonNode report(String part) throws IOException, InterruptedException {
        return reports()
                .valueStream()
                .filter(candidate -> candidate.path("name").asString().equals(part))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no part named " + part));
    }

    private JsonNode reports() throws IOException, InterruptedException {
        return JsonMapper.shared().readTree(send("GET", "/parts", 200));
    }

    private byte[] send(String method, String path, int expected) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(control.resolve(path))
                .method(method, BodyPublishers.noBody())
                .header("Authorization", "Bearer " + token)
                .timeout(BOUND)
                .build();
        var answer = http.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != expected) {
            throw new IOException("the supervisor answered " + answer.statusCode() + " to " + method + " " + path);
        }
        return answer.body();
    }
}
