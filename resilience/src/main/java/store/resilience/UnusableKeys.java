package store.resilience;

/** The secrets that a process was given cannot be its own: the message says in one line which, and where they come from. */
public final class UnusableKeys extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableKeys(String message) {
        super(message);
    }
}
