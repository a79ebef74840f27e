package store.resilience.spring;

/** A failure as one log line that quotes neither the failed statement nor its rows. */
public final class OneLine {

    private OneLine() {}

    /** The root cause's class, and the first line of its message. */
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
