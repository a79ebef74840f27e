package store.local.command;

/** Why a command cannot do what it was asked, in one line for the user. */
final class Failure extends RuntimeException {

    /** It went wrong. */
    static final int FAILED = 1;

    /** It was asked wrongly, or something that it needs is missing. */
    static final int PREREQUISITE = 2;

    private static final long serialVersionUID = 1;

    private final int exitCode;

    Failure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
