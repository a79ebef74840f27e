package store.chaos.fault;

import java.util.Locale;

/** A way to break a part or a link. */
public enum Kind {
    KILL(Where.PART, "SIGKILL; with --for the part stays down that long, else the supervisor starts it again"),
    PAUSE(Where.PART, "SIGSTOP to the process and its children: it answers nobody and loses nothing"),
    CPU(
            Where.PART,
            "the process and its children run for --by percent of the time, stopped and continued ten times a second"),
    SLOW(Where.LINK, "answers come later by --by, such as 200ms"),
    CUT(Where.LINK, "what is sent arrives nowhere, in either direction, and no connection is refused"),
    LOSE_ANSWERS(Where.LINK, "requests arrive and are worked on; the answers never return"),
    ERRORS(Where.LINK, "HTTP requests are answered 503; every other one has been worked on before"),
    RESET(Where.LINK, "connections are reset"),
    DRIP(Where.LINK, "answers come in pieces of a few bytes, with a pause of --by after each"),
    THROTTLE(Where.LINK, "answers come with --by kilobytes a second");

    /** What a fault is done to. */
    enum Where {
        PART,
        LINK
    }

    private final Where where;
    private final String effect;

    Kind(Where where, String effect) {
        this.where = where;
        this.effect = effect;
    }

    Where where() {
        return where;
    }

    String effect() {
        return effect;
    }

    /** As it is written on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
