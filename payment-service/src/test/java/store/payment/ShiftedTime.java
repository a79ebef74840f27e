package store.payment;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The time of another source, shifted by a test. */
public final class ShiftedTime implements InstantSource {

    private final InstantSource source;
    private volatile Duration ahead = Duration.ZERO;

    /** Shifts the system's time. */
    public ShiftedTime() {
        this(InstantSource.system());
    }

    public ShiftedTime(InstantSource source) {
        this.source = source;
    }

    /** @param by negative to set the clock back */
    public void advance(Duration by) {
        ahead = ahead.plus(by);
    }

    @Override
    public Instant instant() {
        return source.instant().plus(ahead);
    }
}
