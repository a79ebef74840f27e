package store.proof.crash;

import java.util.Locale;

/**
 * Where a process may die.
 *
 * @param step a port's method, such as {@code order Orders.insert}, or what that does in the database, such as
 *     {@code order Orders.insert: statement}
 * @param occurrence which time the step is taken for the order, from 1
 */
record Point(String step, int occurrence, Moment moment, Effect effect) {

    /** On which side of the step. */
    enum Moment {
        BEFORE,
        AFTER
    }

    /** What the step is, besides the steps within it. */
    enum Effect {
        NONE,
        /** It asks a peer, whose answer can get lost. */
        PEER,
        /** It makes a change durable. */
        COMMIT
    }

    /** The port's method. */
    String method() {
        return step.split(":")[0];
    }

    @Override
    public String toString() {
        return moment.name().toLowerCase(Locale.ROOT) + " " + step + (occurrence == 1 ? "" : " (" + occurrence + ")");
    }
}
