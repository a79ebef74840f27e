package store.payment;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The system's time, and as much later as a test says. */
public final class ShiftedTime implements InstantSource {

    private volatile Duration ahead = Duration.ZERO;

    public void advance(Duration by) {
        ahead = ahead.plus(by);
    }

    @Override
    public Instant instant() {
        return Instant.now().plus(ahead);
    }
}
