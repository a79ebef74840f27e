package store.resilience;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Calls one peer's JSON API. Each call is one bounded attempt at one of the instances, outside any transaction, and
 * carries the {@link PassedOnHeaders}.
 */
public final class PeerClient implements AutoCloseable {

    private final PeerAddresses peer;
    private final Duration timeout;
    private final TransactionGuard guard;
    private final BoundedHttpClient http;

    public PeerClient(PeerCallSettings settings, TransactionGuard guard) {
        this.peer = new PeerAddresses(settings.addresses());
        this.timeout = settings.timeout();
        this.guard = guard;
        this.http = new BoundedHttpClient(settings.connectTimeout());
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
        var request = HttpRequest.newBuilder()
                .method(method, json == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(json))
                .header("Accept", "application/json");
        if (json != null) {
            request.header("Content-Type", "application/json");
        }
        PassedOnHeaders.current().forEach(request::header);
        return http.send(peer, path, request, timeout);
    }

    @Override
    public void close() {
        http.close();
    }
}
