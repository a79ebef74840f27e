package store.payment;

import java.time.Duration;
import java.util.stream.Stream;

/**
 * The time bounds of attempts.
 *
 * @param lease how long a holder has a payment to itself; longer than all calls of one attempt
 * @param keyTrust how long after its first send a payment's key is used; shorter than the acquirer remembers it
 * @param quiet how long after its last send a capture may still arrive
 * @param firstBackoff bound on the pause after the first unanswered attempt; it doubles with each further one
 * @param longestBackoff bound on every pause
 */
public record AttemptSettings(
        Duration lease, Duration keyTrust, Duration quiet, Duration firstBackoff, Duration longestBackoff) {

    /**
     * Bound on every lease and pause. A payment that is due later than this was written before the database's clock was
     * set back.
     */
    public static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    public AttemptSettings {
        if (Stream.of(lease, keyTrust, quiet, firstBackoff, longestBackoff).anyMatch(Duration::isNegative)) {
            throw new IllegalArgumentException("no time that an attempt may take is negative");
        }
        if (lease.compareTo(LONGEST_WAIT) > 0 || longestBackoff.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("lease and longest-backoff are at most " + LONGEST_WAIT);
        }
    }
}
