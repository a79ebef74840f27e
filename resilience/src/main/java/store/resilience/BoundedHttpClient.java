package store.resilience;

import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;

/**
 * An HTTP client that bounds the time of a whole attempt and the size of the answer, and never repeats a request by
 * itself.
 *
 * <p>{@link HttpRequest.Builder#timeout} ends with the headers, so a body that trickles in would escape it. The bound
 * here includes the body's last byte.
 */
public final class BoundedHttpClient implements AutoCloseable {

    /**
     * The longest answer that is read. The largest legitimate one, a page of 100 orders of 50 lines, is about 1 MiB.
     */
    public static final int MAX_BODY_BYTES = 4 << 20;

    static {
        // The JDK's client repeats some requests by itself. Retries belong to one layer, which is not this one.
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        // Seconds: half as long as our servers keep an idle connection. A request that is sent while the peer closes
        // its connection ends unknown.
        System.setProperty("jdk.httpclient.keepalive.timeout", "10");
    }

    private final HttpClient http;

    /** @param connectTimeout bound on opening a connection; if it expires, nothing was sent */
    public BoundedHttpClient(Duration connectTimeout) {
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // else every first request offers an upgrade to h2c
                .connectTimeout(connectTimeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                // Virtual threads: an answer need not go through a pool of platform threads to wake its caller.
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    /**
     * Makes one attempt and waits for its end, at most for {@code timeout}. The attempt begins at the instance whose
     * turn it is, and moves on to the next only if no connection was opened, so that nothing was sent.
     *
     * @param path absolute path and query, already encoded
     * @param request the request without its address
     * @return {@link NotSent} only if nothing was sent to any instance
     */
    public PeerAnswer send(PeerAddresses peer, String path, HttpRequest.Builder request, Duration timeout) {
        var deadline = System.nanoTime() + timeout.toNanos();
        PeerAnswer answer = new NotSent("no time left");
        for (var address : peer.inTurn()) {
            var leftNanos = deadline - System.nanoTime();
            if (leftNanos > 0 && answer instanceof NotSent) {
                answer = send(request.uri(address.resolve(path)).build(), leftNanos);
            }
        }
        return answer;
    }

    private PeerAnswer send(HttpRequest request, long timeoutNanos) {
        var exchange = http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
        try {
            var response = exchange.get(timeoutNanos, TimeUnit.NANOSECONDS);
            return new Answered(response.statusCode(), response.headers(), response.body());
        } catch (TimeoutException _) {
            exchange.cancel(true);
            return new Unanswered("no answer within " + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms");
        } catch (InterruptedException _) {
            exchange.cancel(true);
            Thread.currentThread().interrupt();
            return new Unanswered("interrupted while waiting");
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                case HttpConnectTimeoutException _ -> new NotSent("no connection in time");
                case ConnectException _ -> new NotSent("connection refused");
                case null, default -> new Unanswered(rootOf(e).toString());
            };
        }
    }

    /**
     * Because its retries are forbidden, the JDK's client may report one retry too many; the root cause says why it
     * failed.
     */
    private static Throwable rootOf(Throwable failure) {
        @Nullable Throwable cause = failure.getCause();
        return cause == null || cause == failure ? failure : rootOf(cause);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
