package store.proof.crash;

import store.proof.crash.Point.Effect;
import store.proof.crash.Point.Moment;

/**
 * One scenario, and what befalls it at one point.
 *
 * @param where the point for people, with those that are the same to all who live on
 */
record Case(Scenario scenario, Point point, Kind kind, String where) {

    /** What befalls it. */
    enum Kind {
        /** The process ends, without a last word. */
        HALT("dies"),
        /** The step is taken, and its answer is lost. */
        LOSE_ANSWER("answer lost"),
        /** PostgreSQL is killed when it has been sent the COMMIT, and has not begun with it. */
        KILL_DATABASE_BEFORE_COMMIT("PostgreSQL killed, not committed"),
        /** PostgreSQL is killed when the COMMIT is on its disk, and its answer is not on its way. */
        KILL_DATABASE_AFTER_COMMIT("PostgreSQL killed, committed");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }

        boolean killsDatabase() {
            return this == KILL_DATABASE_BEFORE_COMMIT || this == KILL_DATABASE_AFTER_COMMIT;
        }
    }

    /** As a child's argument. */
    String encoded() {
        return String.join(
                "|",
                scenario.name(),
                point.step(),
                Integer.toString(point.occurrence()),
                point.moment().name(),
                point.effect().name(),
                kind.name());
    }

    static Case decoded(String text) {
        var parts = text.split("\\|");
        return new Case(
                Scenario.valueOf(parts[0]),
                new Point(parts[1], Integer.parseInt(parts[2]), Moment.valueOf(parts[3]), Effect.valueOf(parts[4])),
                Kind.valueOf(parts[5]),
                "");
    }
}
