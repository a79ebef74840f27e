package store.proof.crash;

import java.util.Locale;

/**
 * A point at which a process may die.
 *
 * @param step a port's method, such as {@code order Orders.insert}, or a database step in it, such as
 *     {@code order Orders.insert: statement}
 * @param occurrence how many times the step has been taken for the order, from 1
 */
record Point(String step, int occurrence, Moment moment, Effect effect) {

    /** The side of the step. */
    enum Moment {
        BEFORE,
        AFTER
    }

    /** The effect of the step itself, apart from the steps within it. */
    enum Effect {
        NONE,
        /** It asks a peer, whose answer can be lost. */
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
