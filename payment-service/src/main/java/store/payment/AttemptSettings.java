package store.payment;

import java.time.Duration;
import java.util.stream.Stream;

/**
 * How long things may take when a payment is brought forward.
 *
 * @param lease how long a holder keeps a payment to itself; longer than all the calls of one attempt
 * @param keyTrust how long after its first send a payment's key is used; shorter than the acquirer remembers it
 * @param quiet how long after its last send a capture could still arrive
 * @param firstBackoff bound on the pause after the first attempt without an answer; it doubles from there
 * @param longestBackoff bound on every pause
 */
public record AttemptSettings(
        Duration lease, Duration keyTrust, Duration quiet, Duration firstBackoff, Duration longestBackoff) {

    /** No lease and no pause lasts longer: a payment that is due later was written before the database's clock was set back. */
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
