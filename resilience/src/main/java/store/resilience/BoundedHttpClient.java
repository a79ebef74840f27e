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
 * An HTTP client that is bounded in every direction: the time of a whole attempt, the size of the answer, and never a second attempt on
 * its own account.
 *
 * <p>{@link HttpRequest.Builder#timeout} ends with the headers, so a body that trickles in would escape it; the bound here covers
 * the last byte.
 */
public final class BoundedHttpClient implements AutoCloseable {

    /** Longest answer that is read. The largest legitimate one, a page of 100 orders of 50 lines, takes about 1 MiB. */
    public static final int MAX_BODY_BYTES = 4 << 20;

    static {
        // The JDK's client sends some requests again by itself; retries belong to one layer, and this is not it.
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        // Seconds; half of what our servers give an idle connection. A request sent on one that the peer is just
        // closing
        // ends unknown.
        System.setProperty("jdk.httpclient.keepalive.timeout", "10");
    }

    private final HttpClient http;

    /** @param connectTimeout bound on opening a connection; who runs into it has certainly not been heard */
    public BoundedHttpClient(Duration connectTimeout) {
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // otherwise every first request offers an upgrade to h2c
                .connectTimeout(connectTimeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                // An answer wakes its caller without a detour over a pool of platform threads.
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    /**
     * Makes one attempt and waits for its end, at most for {@code timeout}: at the instance whose turn it is, and only while no
     * connection comes about, so that nothing was sent, at the next.
     *
     * @param path absolute path and query, already encoded
     * @param request all but where it goes
     * @return {@link NotSent} only if no instance was sent anything
     */
    public PeerAnswer send(PeerAddresses peer, String path, HttpRequest.Builder request, Duration timeout) {
        var deadline = System.nanoTime() + timeout.toNanos();
        PeerAnswer answer = new NotSent("no time");
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

    /** The client reports an attempt that it was kept from repeating as one too many; the root says more. */
    private static Throwable rootOf(Throwable failure) {
        @Nullable Throwable cause = failure.getCause();
        return cause == null || cause == failure ? failure : rootOf(cause);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
