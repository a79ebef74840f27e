package store.local.command;

/** Tells the user in one line why a command failed. */
final class Failure extends RuntimeException {

    /** The exit code of a command that failed. */
    static final int FAILED = 1;

    /** The exit code for wrong usage and for a missing prerequisite. */
    static final int PREREQUISITE = 2;

    private static final long serialVersionUID = 1;

    private final int exitCode;

    Failure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    static void failUnless(boolean holds, String message) {
        if (!holds) {
            throw new Failure(FAILED, message);
        }
    }

    static void refuseUnless(boolean holds, String message) {
        if (!holds) {
            throw new Failure(PREREQUISITE, message);
        }
    }

    int exitCode() {
        return exitCode;
    }
}
