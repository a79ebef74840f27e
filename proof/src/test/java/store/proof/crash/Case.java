package store.proof.crash;

import store.proof.crash.Point.Effect;
import store.proof.crash.Point.Moment;

/**
 * One scenario, and the fault that hits it at one point.
 *
 * @param where the point in words, together with the points that are equivalent for every surviving process
 */
record Case(Scenario scenario, Point point, Kind kind, String where) {

    /** The kind of fault. */
    enum Kind {
        /** The process ends at once, without an orderly stop. */
        HALT("dies"),
        /** The step is taken, and its answer is lost. */
        LOSE_ANSWER("answer lost"),
        /** PostgreSQL is killed after the COMMIT was sent and before PostgreSQL has begun to execute it. */
        KILL_DATABASE_BEFORE_COMMIT("PostgreSQL killed, not committed"),
        /** PostgreSQL is killed after the COMMIT is on its disk and before it has answered. */
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

    /** This case as a child's argument. */
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
