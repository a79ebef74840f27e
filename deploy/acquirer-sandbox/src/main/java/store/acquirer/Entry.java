package store.acquirer;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One line of the journal: an event of a key and of the order that the key belongs to.
 *
 * @param position where the line is in the journal
 * @param amount null for a void that found nothing to undo
 * @param note reason of a decline, number of calls refused as unavailable, or {@link #FRAUD}
 * @param capture position of the capture whose money moved back, or 0
 * @param previous position of the order's previous movement, or 0
 * @param nth number of the movement within its order, from 1; 0 if no money moved
 */
record Entry(
        long position,
        Kind kind,
        KeyUse use,
        @Nullable Money amount,
        Instant at,
        String note,
        long capture,
        long previous,
        int nth) {

    static final String NO_NOTE = "-";
    static final String FRAUD = "FRAUD";

    /** How many of a UUIDv7's last 62 bits the position leaves free. */
    private static final int RANDOM_BITS = 62 - Journal.POSITION_BITS;

    /** Stands for the currency if there is no amount. */
    private static final String NO_CURRENCY = "-";

    enum Kind {
        CAPTURE,
        DECLINE,
        UNAVAILABLE,
        VOID,
        REFUND,
        CHARGEBACK
    }

    static Entry parse(long position, String line) {
        String[] column = line.split(" ");
        return new Entry(
                position,
                Kind.valueOf(column[0]),
                new KeyUse(
                        column[1],
                        UUID.fromString(column[2]),
                        Instant.ofEpochMilli(Long.parseLong(column[3])),
                        column[4]),
                column[6].equals(NO_CURRENCY) ? null : new Money(Long.parseLong(column[5]), column[6]),
                Instant.ofEpochMilli(Long.parseLong(column[7])),
                column[8],
                Long.parseLong(column[9]),
                Long.parseLong(column[10]),
                Integer.parseInt(column[11]));
    }

    String line() {
        String money = amount == null ? "0 " + NO_CURRENCY : amount.amount() + " " + amount.currency();
        String first = use.key() + " " + use.orderId() + " " + use.firstSeen().toEpochMilli() + " " + use.content();
        String links = capture + " " + previous + " " + nth;
        return String.join(" ", kind.name(), first, money, Long.toString(at.toEpochMilli()), note, links);
    }

    /** @throws IllegalStateException if no money moved */
    Movement movement() {
        if (amount == null || nth == 0) {
            throw new IllegalStateException("no money moved: " + kind);
        }
        return new Movement(id(), use.key(), use.orderId(), Movement.Kind.valueOf(kind.name()), amount, at);
    }

    /**
     * A UUIDv7 (RFC 9562, section 5.7) of the time and the position, so that the id alone leads to the movement. The
     * random bits that the RFC asks for come from the order id.
     */
    private UUID id() {
        long random = use.orderId().getLeastSignificantBits();
        return new UUID(
                at.toEpochMilli() << 16 | 0x7000 | random >>> 26 & 0xfff,
                0b10L << 62 | position << RANDOM_BITS | random & (1 << RANDOM_BITS) - 1);
    }

    /** The position of the movement with this id, if there is such a movement. */
    static long positionIn(UUID id) {
        return (id.getLeastSignificantBits() & ~(0b11L << 62)) >>> RANDOM_BITS;
    }
}
