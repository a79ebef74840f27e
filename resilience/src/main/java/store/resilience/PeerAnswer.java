package store.resilience;

import java.net.http.HttpHeaders;

/** How one attempt to call a peer ended. Only {@link Answered} says anything about what the peer did. */
public sealed interface PeerAnswer {

    /**
     * The peer answered in time.
     *
     * @param status the HTTP status
     * @param body the whole body, at most {@link BoundedHttpClient#MAX_BODY_BYTES} long
     */
    record Answered(int status, HttpHeaders headers, byte[] body) implements PeerAnswer {}

    /** No connection was opened, so the request certainly did not reach the peer. */
    record NotSent(String why) implements PeerAnswer {}

    /** The request may have reached the peer, which may still work on it. Its effect is unknown. */
    record Unanswered(String why) implements PeerAnswer {}
}
