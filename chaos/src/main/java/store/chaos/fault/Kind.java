package store.chaos.fault;

import java.util.Locale;

/** A way to break a part or a link. */
public enum Kind {
    KILL(Where.PART, "SIGKILL; with --for the part stays down that long, else the supervisor starts it again"),
    PAUSE(Where.PART, "SIGSTOP to the process and its children: it answers no call and loses no data"),
    CPU(
            Where.PART,
            "the process and its children run for --by percent of the time, stopped and continued ten times a second"),
    SLOW(Where.LINK, "answers come --by later, such as 200ms"),
    CUT(Where.LINK, "bytes sent in either direction never arrive, and no connection is refused"),
    LOSE_ANSWERS(Where.LINK, "requests arrive and are executed; the answers never return"),
    ERRORS(Where.LINK, "HTTP requests are answered 503; every other one is executed first"),
    RESET(Where.LINK, "connections are reset"),
    DRIP(Where.LINK, "answers come in pieces of a few bytes, with a pause of --by after each"),
    THROTTLE(Where.LINK, "answers come at --by kilobytes a second");

    /** The thing that a fault breaks. */
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

    /** In the form of the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
