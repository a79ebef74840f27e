package store.resilience;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * Where a peer is and how long one attempt to call it may last.
 *
 * @param addresses scheme, host and port of each instance, without a path
 * @param connectTimeout bound on opening a connection
 * @param timeout bound on the whole attempt, over all instances together: from connecting to reading the answer's last
 *     byte
 */
public record PeerCallSettings(List<URI> addresses, Duration connectTimeout, Duration timeout) {

    public PeerCallSettings {
        if (connectTimeout.compareTo(timeout) > 0) {
            throw new IllegalArgumentException(
                    "the connect timeout " + connectTimeout + " exceeds the attempt's " + timeout);
        }
    }
}
