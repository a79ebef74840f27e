package store.local.supervision;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.type.TypeReference;

/** The client of a supervisor's control channel. */
public final class Control implements AutoCloseable {

    /** The supervisor answers before it acts. */
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final Plan plan;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    public Control(Plan plan) {
        this.plan = plan;
    }

    /**
     * How the parts are, in the plan's order.
     *
     * @throws IOException if no supervisor answers
     */
    public List<PartReport> parts() throws IOException {
        return InstanceFolder.JSON.readValue(send("GET", "/parts", 200), new TypeReference<List<PartReport>>() {});
    }

    /**
     * Asks the supervisor to start, stop (and hold down) or restart a part, and does not wait until it is done.
     *
     * @param act {@code start}, {@code stop} or {@code restart}
     */
    public void ask(String part, String act) throws IOException {
        send("POST", "/parts/" + part + "/" + act, 202);
    }

    private byte[] send(String method, String path, int expected) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + plan.controlPort() + path))
                .method(method, BodyPublishers.noBody())
                .header("Authorization", "Bearer " + plan.token())
                .timeout(TIMEOUT)
                .build();
        try {
            HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
            if (response.statusCode() != expected) {
                throw new IOException("the supervisor answered " + response.statusCode() + " to " + method + " " + path
                        + " " + new String(response.body(), StandardCharsets.UTF_8));
            }
            return response.body();
        } catch (ConnectException | HttpTimeoutException e) {
            throw new IOException(
                    "the supervisor of '" + plan.name() + "' does not answer; deploy/local/down ends it", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted", e));
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
