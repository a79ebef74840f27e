package store.resilience;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;

/**
 * One peer's HTTP client, bounded in every direction: the time of a whole attempt, the size of the answer, and never a second
 * attempt on its own account.
 *
 * <p>{@link HttpRequest.Builder#timeout} ends with the headers, so a body that trickles in would escape it; the bound here covers
 * the last byte.
 */
public final class PeerClient implements AutoCloseable {

    /** Longest answer that is read; the largest legitimate one, a statement page, stays far below. */
    public static final int MAX_BODY_BYTES = 1 << 20;

    static {
        // The JDK's client sends some requests again by itself; retries belong to one layer, and this is not it.
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
    }

    private final PeerCallSettings settings;
    private final TransactionGuard guard;
    private final HttpClient http;

    public PeerClient(PeerCallSettings settings, TransactionGuard guard) {
        this.settings = settings;
        this.guard = guard;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // otherwise every first request offers an upgrade to h2c
                .connectTimeout(settings.connectTimeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /**
     * Makes one attempt and waits for its end, at most for the settings' timeout.
     *
     * @param path absolute path and query, already encoded
     * @param json the body, or null to send none
     * @throws TransactionGuard.CallInsideTransaction if a transaction is open on this thread; nothing was sent
     */
    public PeerAnswer call(String method, String path, byte @Nullable [] json) {
        guard.requireNoTransaction();
        var request = HttpRequest.newBuilder(settings.address().resolve(path))
                .method(method, json == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(json))
                .header("Accept", "application/json");
        if (json != null) {
            request.header("Content-Type", "application/json");
        }
        PassedOnHeaders.current().forEach(request::header);
        var exchange =
                http.sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
        try {
            var response = exchange.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
            Map<String, String> headers = new TreeMap<>();
            response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
            return new Answered(response.statusCode(), headers, response.body());
        } catch (TimeoutException _) {
            exchange.cancel(true);
            return new Unanswered("no answer within " + settings.timeout().toMillis() + " ms");
        } catch (InterruptedException _) {
            exchange.cancel(true);
            Thread.currentThread().interrupt();
            return new Unanswered("interrupted while waiting");
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                case HttpConnectTimeoutException _ ->
                    new NotSent(
                            "no connection within " + settings.connectTimeout().toMillis() + " ms");
                case ConnectException _ -> new NotSent("connection refused");
                case IOException io -> new Unanswered(io.toString());
                case null, default -> throw new IllegalStateException("a call to " + settings.address() + " failed", e);
            };
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
