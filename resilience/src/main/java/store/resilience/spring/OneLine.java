package store.resilience.spring;

/** A failure for a log that identifies and does not quote: without the statement that failed, and without the rows it was about. */
public final class OneLine {

    private OneLine() {}

    /** The kind of the failure at the bottom, and the first line of what it says. */
    public static String of(Throwable failure) {
        var cause = failure.getCause();
        if (cause != null && cause != failure) {
            return of(cause);
        }
        var said = failure.getMessage() == null ? "" : failure.getMessage();
        return failure.getClass().getSimpleName()
                + said.lines().findFirst().map(line -> ": " + line).orElse("");
    }
}
