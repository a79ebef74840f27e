package store.chaos.links;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * A fault on one direction of a link.
 *
 * @param type one of {@link Effect#TYPES}
 * @param toxicity the share of connections that it acts on, 0 to 1
 * @param tally the same object for the whole life of the toxic, across updates
 */
record Toxic(String name, String type, Direction stream, float toxicity, Effect attributes, Tally tally) {

    enum Direction {
        UPSTREAM,
        DOWNSTREAM;

        /** Its name in the API. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Errors act on both directions: they tell requests apart, and replace answers. */
    boolean actsOn(Direction direction) {
        return stream == direction || attributes instanceof Effect.Errors;
    }

    /**
     * What the toxic has really done: connections and bytes that it delayed, throttled, cut in pieces, withheld or swallowed.
     *
     * @param errors the requests that the toxic has answered itself
     */
    record Tally(LongAdder connections, LongAdder bytes, AtomicLong errors) {
        Tally() {
            this(new LongAdder(), new LongAdder(), new AtomicLong());
        }
    }
}
