package store.resilience;

import java.util.Map;

/** How one attempt to call a peer ended. Only {@link Answered} says anything about what the peer did. */
public sealed interface PeerAnswer {

    /**
     * The peer answered in time.
     *
     * @param status the HTTP status
     * @param headers the response's headers by lower-case name, first value each
     * @param body the whole body, at most {@link PeerClient#MAX_BODY_BYTES} long
     */
    record Answered(int status, Map<String, String> headers, byte[] body) implements PeerAnswer {}

    /** No connection came about, so the request certainly did not reach the peer. */
    record NotSent(String why) implements PeerAnswer {}

    /** The request may have reached the peer, and may still be worked on: nothing is known about its effect. */
    record Unanswered(String why) implements PeerAnswer {}
}
