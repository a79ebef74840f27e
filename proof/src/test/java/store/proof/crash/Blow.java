package store.proof.crash;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fault that hits an order, and where. Without a case, it only records the points that the order reaches. */
final class Blow implements Watch.Fate {

    /** The exit code of a process that was halted here, and of no other process. */
    static final int HALTED = 86;

    private final @Nullable Case aimed;
    private final DatabaseKill kill;
    private final List<Point> reached = new ArrayList<>();
    private volatile boolean fallen;

    Blow(@Nullable Case aimed, DatabaseKill kill) {
        this.aimed = aimed;
        this.kill = kill;
    }

    /** Whether the fault has hit, in a process that lives on. */
    boolean hasFallen() {
        return fallen || kill.isUnderWay();
    }

    synchronized List<Point> reached() {
        return List.copyOf(reached);
    }

    @Override
    public void reach(Point point, int backend) {
        synchronized (this) {
            reached.add(point);
        }
        if (aimed == null || !aimed.point().equals(point)) {
            return;
        }
        switch (aimed.kind()) {
            case HALT -> Runtime.getRuntime().halt(HALTED);
            case KILL_DATABASE_BEFORE_COMMIT -> kill.beforeItBegins(backend);
            case KILL_DATABASE_AFTER_COMMIT -> kill.beforeItAnswers(backend);
            case LOSE_ANSWER -> {}
        }
    }

    @Override
    public boolean losesAnswer(Point point) {
        var lost = aimed != null
                && aimed.kind() == Case.Kind.LOSE_ANSWER
                && aimed.point().equals(point);
        if (lost) {
            fallen = true;
            Child.tell("fallen", point);
        }
        return lost;
    }
}
