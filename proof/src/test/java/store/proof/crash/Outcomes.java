package store.proof.crash;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The outcomes that any call of a peer can have. */
final class Outcomes {

    private static final String UNKNOWN = "Unknown";
    private static final String CONTRADICTION = "Contradiction";

    private Outcomes() {}

    /**
     * The outcome of a port's method when its answer is lost; empty if there is none, because the method calls no peer.
     */
    static Optional<Object> unknown(Class<?> type) {
        return outcome(type, UNKNOWN);
    }

    /** The outcome of a port's method when the peer contradicts itself. */
    static Optional<Object> contradiction(Class<?> type) {
        return outcome(type, CONTRADICTION);
    }

    private static Optional<Object> outcome(Class<?> type, String name) {
        return kinds(type)
                .filter(kind -> kind.isRecord() && kind.getSimpleName().equals(name))
                .findFirst()
                .map(kind -> {
                    try {
                        var constructor = kind.getDeclaredConstructor(String.class);
                        return constructor.newInstance("staged by the crash matrix");
                    } catch (ReflectiveOperationException e) {
                        throw new IllegalStateException(kind + " has no constructor with a reason", e);
                    }
                });
    }

    private static Stream<Class<?>> kinds(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(Objects.requireNonNull(type.getPermittedSubclasses()))
                        .flatMap(Outcomes::kinds)
                : Stream.of(type);
    }
}
