package store.resilience;

/** A process was given secrets that it cannot work with. The message says in one line why, and where they come from. */
public final class UnusableKeys extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableKeys(String message) {
        super(message);
    }
}
