package store.proof.crash;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The outcomes that every peer's answer may be. */
final class Outcomes {

    private static final String UNKNOWN = "Unknown";
    private static final String CONTRADICTION = "Contradiction";

    private Outcomes() {}

    /** What a port's method returns when its answer is lost; empty if it has no such outcome, for then it is no peer that is asked. */
    static Optional<Object> unknown(Class<?> type) {
        return outcome(type, UNKNOWN);
    }

    /** What it returns when the peer contradicts itself. */
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
                        return constructor.newInstance("as the crash matrix has it");
                    } catch (ReflectiveOperationException e) {
                        throw new IllegalStateException(kind + " does not say why", e);
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
